"""What a cast costs: the statements it sends, whatever is cast and however often."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy import select, update

from app.ballots.models import RollEntry
from app.core.clock import DAY
from app.core.outbox import Message
from app.core.transaction import transaction
from tests.ballots.races import statements
from tests.ballots.world import OBJECTION, TITLE, World, send

MOST = 8


def sent(world: World, poll: str, who: int, **choice: str) -> int:
    """How many statements one cast sends, beside BEGIN and COMMIT."""
    seen: list[str] = []
    with statements(world.app, seen.append):
        world.cast(who, poll, **choice)
    return sum(1 for statement in seen if not statement.startswith("BEGIN"))


def test_a_cast_takes_eight_statements_at_most(world: World) -> None:
    poll = world.open()
    world.cast(5, poll)  # the process has read the method
    first = sent(world, poll, 0, stance="consent")
    again = sent(world, poll, 0, stance="abstain")
    objection = sent(world, poll, 1, **OBJECTION)
    other = sent(world, poll, 1, **{**OBJECTION, "passage": "第二条"})
    assert (first, again, objection, other) == (6, 6, 7, 7)
    assert max(first, again, objection, other) <= MOST


def test_another_of_the_household_who_changes_an_objection_takes_eight(world: World) -> None:
    poll = world.open()
    world.cast(5, poll)
    world.cast(0, poll)
    second = world.resident("", "李叔", household_id=world.residents[0].household_id)
    seen: list[str] = []
    with statements(world.app, seen.append):
        world.cast(second, poll, agreed=True, **OBJECTION)
    assert sum(1 for statement in seen if not statement.startswith("BEGIN")) == MOST


def test_the_household_is_told_in_words_that_can_be_read(world: World) -> None:
    """The messages are written by one statement from a query: their values must come out as they went in."""
    poll = world.open()
    second = world.resident("", "李叔", household_id=world.residents[0].household_id)
    world.cast(0, poll)
    world.cast(second, poll, "abstain", agreed=True)
    with world.here() as session:
        rows = session.scalars(select(Message).where(Message.kind.like("ballot.%")).order_by(Message.id)).all()
        assert [(row.kind, row.data["name"], row.data["title"]) for row in rows] == [
            *[("ballot.recorded", world.residents[0].name, TITLE)] * 2,
            *[("ballot.changed", "李叔", TITLE)] * 2,
        ]
        assert {row.person_id for row in rows} == {world.residents[0].person_id, second.person_id}
        assert {row.created_at for row in rows} == {world.clock.now()}


def test_who_has_voted_is_given_kept_pages_too(world: World, client: FlaskClient) -> None:
    """A receipt stays in the browser's session for months: it may not make every page anew."""
    poll = world.open()
    world.sign_in(client, 0)
    page = f"/c/{world.slug}/project/{world.project}"
    client.get(page)
    seen: list[str] = []
    with statements(world.app, seen.append):
        client.get(page)
    kept = len(seen)
    assert send(client, f"/c/{world.slug}/poll/{poll}", {"stance": "consent"}).status_code == 303
    with client.session_transaction() as session:
        assert session["receipt"]["code"]
    client.get(page)
    seen.clear()
    with statements(world.app, seen.append):
        assert client.get(page).status_code == 200
    assert len(seen) == kept < 15


def test_who_stands_alike_shares_the_ballots_page_and_sees_their_own_address(world: World) -> None:
    poll = world.open()
    page = f"/c/{world.slug}/poll/{poll}"
    with world.here(), transaction() as tx:
        labels = {}
        for n in range(4):
            home = world.residents[n].household_id
            entry = tx.session.scalars(select(RollEntry).where(RollEntry.household_id == home)).one()
            labels[n] = f"{n}号楼<b>&{n}01室"
            tx.session.execute(update(RollEntry).where(RollEntry.id == entry.id).values(label=labels[n]))

    def look(who: int) -> tuple[str, int]:
        """Their page without what is drawn anew, and how many statements it took."""
        client, seen = world.app.test_client(), []
        world.sign_in(client, who)
        with statements(world.app, seen.append):
            text = client.get(page, headers={"Accept-Language": "en"}).text
        assert [n for n, label in labels.items() if str(escape(label)) in text] == [who]
        assert "\0" not in text
        text = text.replace(str(escape(labels[who])), "[label]")
        return re.sub(r'(name="(?:csrf_token|once)"[^>]*value=)"[^"]*"', r"\1", text), len(seen)

    look(0)
    (first, made), (second, kept) = look(0), look(1)
    assert first == second
    assert made == kept < 12
    for who in (2, 3):
        world.cast(who, poll)
    look(2)
    (third, _), (fourth, kept) = look(2), look(3)
    assert third == fourth != first
    assert kept < 12
    assert "Recorded so far" in third


def test_the_first_visit_of_a_day_fills_what_is_kept(world: World) -> None:
    """That a device was seen is written after its page was kept: else nobody's first page would ever be another's."""
    poll = world.open()
    clients = [world.app.test_client() for _ in range(2)]
    for who, client in enumerate(clients):
        world.sign_in(client, who)
    world.clock.advance(DAY)
    asked = []
    for client in clients:
        seen: list[str] = []
        with statements(world.app, seen.append):
            assert client.get(f"/c/{world.slug}/poll/{poll}").status_code == 200
        assert any(statement.startswith("UPDATE device") for statement in seen)
        asked.append(len(seen))
    assert asked[1] < asked[0] / 2
