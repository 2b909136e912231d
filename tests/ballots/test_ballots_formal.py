"""The separate vote after a deadlock: its own poll on the same text, by majority, with its count under notice."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.audit.verify import verify
from app.ballots import counts, service
from app.ballots.models import Decision, Poll, TextVersion
from app.core.clock import DAY, HOUR
from app.core.outbox import Message
from app.engine.errors import Conflict, Frozen
from app.notifications.queries import words
from tests.ballots.test_ballots_inspectors import FAULT, NAMES
from tests.ballots.world import CONSENT, World

FORMAL = CONSENT.replace("rounds = 2", "rounds = 1") + ', formal = "majority", count_notice_days = 3'


def stuck(world: World, settings: str = FORMAL) -> str:
    """A round in which an objection stands, and none is left."""
    world.start(settings)
    poll = world.open()
    world.contest(poll)
    world.clock.advance(48 * HOUR)
    with world.here():
        service.settle_due()
    return poll


def announce(world: World, names: tuple[str, str, str] = ("", "", "")) -> str:
    with world.here():
        opens = world.clock.now() + 48 * HOUR
        return service.announce(world.facilitator, world.activity, opens, opens + 7 * DAY, names, formal=True)


def vote(world: World, yes: int, no: int) -> str:
    """The formal vote, counted; its count is under notice."""
    poll = announce(world)
    world.clock.advance(48 * HOUR)
    for n in range(yes + no):
        world.cast(n, poll, "yes" if n < yes else "no")
    world.close(poll)
    with world.here():
        service.settle_due()
    return poll


def finish(world: World, poll: str) -> None:
    world.clock.advance(3 * DAY)
    with world.here():
        counts.finalise(world.facilitator, poll)


def state(world: World) -> str:
    with world.here() as session:
        return session.scalars(select(Decision.state).order_by(Decision.id.desc()).limit(1)).one()


def sound(world: World) -> None:
    with world.here():
        finding = verify(world.slug).finding
        assert finding is None, finding


def test_a_majority_carries_what_an_objection_stands_in_the_way_of(world: World) -> None:
    stuck(world)
    poll = vote(world, 4, 2)
    with world.here() as session:
        row = session.scalars(select(Poll).where(Poll.public_id == poll)).one()
        assert (row.rule, row.attempt, row.matter) == ("majority", 2, {"formal": True, "notice_days": 3})
        assert len(session.scalars(select(TextVersion).where(TextVersion.decision_id == row.decision_id)).all()) == 1
    assert not world.gate("ballot_passed")
    with pytest.raises(Conflict):
        world.adopt()  # the count is preliminary
    with world.here(), pytest.raises(Conflict, match="under notice"):
        counts.finalise(world.facilitator, poll)
    finish(world, poll)
    world.adopt()
    assert state(world) == "adopted"
    assert world.gate("ballot_passed")
    sound(world)


@pytest.mark.parametrize(("yes", "no", "ends"), [(3, 3, "rejected"), (2, 4, "rejected"), (1, 1, "lapsed")])
def test_a_formal_vote_that_fails_is_an_end(world: World, yes: int, no: int, ends: str) -> None:
    stuck(world)
    poll = vote(world, yes, no)
    finish(world, poll)
    assert state(world) == ends
    with pytest.raises(Conflict):
        announce(world)
    sound(world)


def test_it_is_there_after_a_deadlock_only_and_where_the_policy_names_it(world: World, client: FlaskClient) -> None:
    world.start(FORMAL)
    with world.here():
        service.save_draft(world.facilitator, world.activity, "题目", "一、建花园。")
    with pytest.raises(Conflict):
        announce(world)
    poll = world.open()
    world.contest(poll)
    with pytest.raises(Conflict):
        announce(world)  # the objection is weighed first
    stuck(world, CONSENT.replace("rounds = 2", "rounds = 1"))
    with pytest.raises(Conflict, match="names no formal vote"):
        announce(world)
    world.sign_in(client, world.facilitator)
    assert client.get(f"/c/{world.slug}/votes/{world.activity}/announce?formal=1").status_code == 404


def test_a_formal_vote_found_void_is_held_again_as_one(world: World) -> None:
    three = [world.resident(f"{201 + n}", name) for n, name in enumerate(NAMES)]
    world.residents += three
    world.start(FORMAL)
    first = world.open()
    for n in range(5):
        world.cast(n, first)
    world.cast(
        5, first, "objection", kind="harm", passage="一", reason="种植箱压坏防水层，楼下三户人家会漏水，修不好的。" * 2
    )
    world.close(first)
    world.clock.advance(48 * HOUR)
    poll = announce(world, NAMES)
    world.clock.advance(48 * HOUR)
    for n in range(6):
        world.cast(n, poll, "yes")
    world.close(poll)
    with world.here():
        service.settle_due()
        service.find_fault(three[0], poll, FAULT)
        assert service.find_fault(three[1], poll, FAULT)
        opens = world.clock.now() + 48 * HOUR
        with pytest.raises(Frozen):
            service.save_draft(world.facilitator, world.activity, "题目", "另一个文本。")
        with pytest.raises(Conflict):
            service.announce(world.facilitator, world.activity, opens, opens + 7 * DAY)
    assert announce(world) != poll
    sound(world)


def test_the_pages_offer_it_and_say_what_it_is(world: World, client: FlaskClient) -> None:
    stuck(world)
    world.sign_in(client, world.facilitator)
    base = f"/c/{world.slug}/votes/{world.activity}"
    english = {"Accept-Language": "en"}
    assert "announce?formal=1" in client.get(base).text
    page = client.get(f"{base}/announce?formal=1", headers=english).text
    assert "A formal vote, after a deadlock" in page
    assert client.get(f"{base}/announce").status_code == 302
    poll = vote(world, 4, 2)
    result = client.get(f"/c/{world.slug}/poll/{poll}/result", headers=english).text
    assert "preliminary count, under notice" in result
    world.sign_in(client, 0)
    assert "a majority says whether it holds" in client.get(f"/c/{world.slug}/poll/{poll}", headers=english).text
    with world.here() as session:
        data = session.scalars(
            select(Message).where(Message.kind == "poll.announced").order_by(Message.id.desc())
        ).first()
        assert data is not None
        assert "a majority says" in str(words(data))
