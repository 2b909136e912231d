"""Before the close nobody sees a stance; after it nobody sees whose it was. All pages, all JSON, every role."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.ballots import queries, record, service, told
from app.ballots.models import Ballot, Poll, RollEntry, Slot, SlotLink
from app.core.database import db
from app.core.events import Event, LogEntry
from app.core.outbox import Message
from app.core.transaction import transaction
from app.people.actor import Actor
from app.people.models import Person, RoleGrant
from app.people.session import actor_of
from app.projects.queries import find_activity
from tests.ballots.world import OBJECTION, World

CONCERN = "请留意夜里的灯光，照到窗户里来。"
NAMES = {"consent": "同意", "concern": "有顾虑", "objection": "反对", "abstain": "弃权"}


def staff(world: World, role: str) -> Actor:
    with world.here(), transaction() as tx:
        person = Person(name=role, email=f"{role}@example.org", created_at=tx.now)
        tx.session.add(person)
        tx.session.flush()
        place = None if role == "administrator" else world.community_id
        tx.session.add(RoleGrant(person_id=person.id, community_id=place, role=role, at=tx.now))
        tx.session.flush()
        return actor_of(person.id)


def readers(world: World) -> Iterator[tuple[str, FlaskClient]]:
    """A browser of everybody who is not of the household that voted."""
    yield "anonymous", world.app.test_client()
    everybody = {"neighbour": world.residents[5], "facilitator": world.facilitator}
    for role in ("planner", "department", "observer", "inspector", "administrator"):
        everybody[role] = staff(world, role)
    for name, actor in everybody.items():
        client = world.app.test_client()
        world.sign_in(client, actor)
        yield name, client


def pages(world: World, poll: str) -> list[str]:
    here = f"/c/{world.slug}"
    return [
        f"{here}/poll/{poll}",
        f"{here}/poll/{poll}/result",
        f"{here}/poll/{poll}/turnout",
        f"{here}/poll/{poll}/turnout.json",
        f"{here}/votes/{world.activity}",
        f"{here}/project/{world.project}",
        f"{here}/project/{world.project}/figures",
        f"{here}/project/{world.project}/step/plan",
        f"{here}/project/{world.project}/close",
        f"{here}/",
        f"{here}/console",
        "/",
        "/me",
        "/me/data.json",
        "/me/messages",
        "/town",
    ]


def vote(world: World, poll: str) -> None:
    world.cast(0, poll, **OBJECTION)
    world.cast(1, poll, "concern", concern=CONCERN)
    world.cast(2, poll, "abstain")


def test_while_it_is_open_every_page_is_the_same_whatever_was_cast(world: World) -> None:
    """The strongest form of hidden: other stances, the same bytes, for every reader and every page."""
    world.households(2)
    poll = world.open()

    def seen() -> dict[tuple[str, str], str]:
        found = {}
        for name, client in people:
            for url in pages(world, poll):
                text = re.sub(r'name="(csrf_token|once)"[^>]*', "", client.get(url).text)
                text = re.sub(r"\d{3}\s\d{3}\s\d{4}</p>", "</p>", text)  # a refusal's own number
                found[name, url] = re.sub(r'value="[A-Za-z0-9._-]{16,}"', "", text)
        return found

    people = list(readers(world))
    vote(world, poll)
    with world.here():
        for message in db.session.scalars(select(Message)):
            assert not set(NAMES) & set(json.dumps(message.data).split('"'))
    first = seen()
    world.cast(0, poll)
    world.cast(
        1, poll, **{**OBJECTION, "reason": "楼下的树要砍掉三棵，夏天就没有荫了，老人没有地方坐，请不要砍，改到别处。"}
    )
    world.cast(2, poll, "concern", concern="另一句话，完全不同。")
    second = seen()
    assert {key for key in first if first[key] != second[key]} == set()
    for key, text in second.items():
        assert CONCERN not in text, key
        assert OBJECTION["reason"] not in text, key


@pytest.mark.parametrize(("cast", "shown"), [(0, 0), (1, 0), (4, 0), (5, 5), (9, 5), (10, 10), (11, 10)])
def test_the_turnout_is_rounded_down_to_fives_while_it_is_open(world: World, cast: int, shown: int) -> None:
    world.households(6)
    poll = world.open()
    for n in range(cast):
        world.cast(n, poll)
    client = world.app.test_client()
    url = f"/c/{world.slug}/poll/{poll}/turnout"
    figures = client.get(f"{url}.json").get_json()
    assert set(figures) == {"phase", "roll_size", "took_part_at_least", "needed", "opens_at", "closes_at"}
    assert (figures["phase"], figures["roll_size"], figures["took_part_at_least"]) == ("open", 12, shown)
    numbers = {int(n) for n in re.findall(r"\d+", re.sub(r"<[^>]*>", "", client.get(url).text))}
    assert numbers <= ({5, 12, 6} if not shown else {shown, 12, 6})
    world.close(poll)
    assert client.get(f"{url}.json").get_json()["took_part_at_least"] == cast


def test_the_turnout_is_not_sent_again_while_it_is_the_same(world: World) -> None:
    poll = world.open()
    client = world.app.test_client()
    url = f"/c/{world.slug}/poll/{poll}/turnout"
    tag = client.get(url).headers["ETag"]
    world.cast(0, poll)
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
    for n in range(1, 5):
        world.cast(n, poll)
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 200


def test_the_record_of_an_open_round_has_no_counts(world: World) -> None:
    poll = world.open()
    vote(world, poll)
    with world.here():
        ref = find_activity(world.activity, world.clock.now())
        item = record.record(ref, world.clock.now())["rounds"][0]
    assert (item["counts"], item["cast"], item["standing"], item["concerns"], item["objections"]) == ({}, 0, 0, [], [])


def test_nothing_but_one_function_says_what_is_published(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page, turnout and record ask ``may_publish``: where it refuses the headline, none of them has it."""
    poll = world.open()
    vote(world, poll)
    world.close(poll)
    monkeypatch.setattr(queries, "may_publish", lambda what, **_: what == "turnout")
    with world.here():
        decision = db.session.scalars(select(Poll)).one().decision_id
        assert queries.rounds_of([decision], world.clock.now())[decision][0].tally is None
        ref = find_activity(world.activity, world.clock.now())
        assert record.record(ref, world.clock.now())["rounds"][0]["counts"] == {}


def test_where_all_said_the_same_only_the_totals_are_shown(world: World) -> None:
    poll = world.open()
    for n in range(6):
        world.cast(n, poll, "abstain")
    world.close(poll)
    with world.here() as session:
        codes = [told.slot_number(code) for code in session.scalars(select(Slot.code))]
        labels = session.scalars(select(RollEntry.label)).all()
        kept = json.dumps(record.record(find_activity(world.activity, world.clock.now()), world.clock.now()))
    page = world.app.test_client().get(f"/c/{world.slug}/poll/{poll}/result").text
    for words in (*codes, *labels):
        assert words not in page
        assert words not in kept


def test_slots_and_roll_entries_meet_in_no_page_and_no_record(world: World) -> None:
    poll = world.open()
    vote(world, poll)
    world.close(poll)
    with world.here() as session:
        service.settle_due()
        links = session.execute(
            select(RollEntry.label, RollEntry.household_id, Slot.code, Slot.id)
            .join(SlotLink, SlotLink.roll_entry_id == RollEntry.id)
            .join(Slot, Slot.id == SlotLink.slot_id)
        ).all()
        commitments = session.scalars(select(Ballot.commitment)).all()
        kept = json.dumps(record.record(find_activity(world.activity, world.clock.now()), world.clock.now()))
        log = " ".join(session.scalars(select(LogEntry.body)))
        events = [(row.kind, row.person_id, json.dumps(row.data)) for row in session.scalars(select(Event))]
    own = {told.slot_number(code) for label, _, code, _ in links if label.endswith("101室")}
    texts = {(name, url): client.get(url).text for name, client in readers(world) for url in pages(world, poll)}
    for where, text in {**texts, ("", "record"): kept, ("", "log"): log}.items():
        assert not any(code in text or str(slot) in text for _, _, code, slot in links), where
        # Sealed commitments stand in the log, by their own order, and tell nothing without their nonces.
        assert where == ("", "log") or not any(commitment in text for commitment in commitments), where
        numbers = {told.slot_number(code) for _, _, code, _ in links if told.slot_number(code) in text}
        assert numbers <= own, where  # the objection's number, and no other
        if numbers:
            named = {label for label, _, _, _ in links if label in text}
            assert not named or "neighbour" in where, where  # one's own address stands on one's own page
    for kind, person, data in events:
        if kind.startswith("ballot."):
            assert person is None
            assert not any(code in data for _, _, code, _ in links)


def test_objections_and_concerns_come_in_an_order_that_tells_nothing(world: World) -> None:
    world.households(6)
    poll = world.open()
    for n in range(6):
        world.cast(n, poll, **{**OBJECTION, "passage": f"第{n}条"})
        world.cast(n + 6, poll, "concern", concern=f"{9 - n}：请留意这里。")
    world.close(poll)
    with world.here() as session:
        row = session.scalars(select(Poll)).one()
        shown = told.objections_of(row, world.clock.now())
        assert [item.code for item in shown] == sorted(item.code for item in shown)
        concerns = told.concerns_of(row, world.clock.now())
        assert concerns == sorted(concerns)
