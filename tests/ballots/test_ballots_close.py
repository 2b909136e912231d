"""After the close: the count is stored once and equals the ballots; objections end by those who raised them; gates."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from sqlalchemy import func, select, update

from app.ballots import queries, service
from app.ballots.models import Ballot, Decision, Objection, Poll
from app.core.clock import DAY
from app.core.events import Event, LogEntry
from app.core.outbox import Message
from app.core.transaction import transaction
from app.engine.errors import Closed, Conflict, Forbidden, NotFound
from app.people.actor import NOBODY
from tests.ballots.world import OBJECTION, TEXT, World

GATES = ("ballot_passed", "objections_ended", "convention_adopted")
MAJORITY = 'rule = "majority", electorate = "household", quorum = "1/2", threshold = "2/3"'


def poll_id(world: World, poll: str) -> int:
    with world.here() as session:
        return session.scalars(select(Poll.id).where(Poll.public_id == poll)).one()


def withdraw(world: World, poll: str, who: int = 0) -> None:
    with world.here():
        service.withdraw_objection(world.residents[who], poll)


def gates(world: World) -> dict[str, bool]:
    return {kind: world.gate(kind) for kind in GATES}


def open_when_adopted(world: World) -> bool:
    """Whether no objection stands, and the other gates are shut until the adoption and open from then on."""
    if gates(world) != {"ballot_passed": False, "objections_ended": True, "convention_adopted": False}:
        return False
    world.adopt()
    return all(gates(world).values())


def test_a_poll_is_settled_once(world: World) -> None:
    poll = world.open()
    world.cast(0, poll)
    with world.here():
        assert service.settle_due() == 0
        assert not service.settle(poll_id(world, poll))
    world.close(poll)
    with world.here():
        assert [service.settle_due() for _ in range(3)] == [1, 0, 0]
        assert not service.settle(poll_id(world, poll))
    with world.here() as session:
        assert session.scalar(select(func.count()).select_from(Event).where(Event.kind == "poll.closed")) == 1
        told = Counter(session.scalars(select(Message.person_id).where(Message.kind == "poll.closed")))
        assert told == {actor.person(): 1 for actor in world.residents}
        assert session.scalars(select(Poll.settled_at)).one() == world.clock.now()


def test_the_log_names_the_deadline_however_late_it_is_written(world: World) -> None:
    poll = world.open()
    world.cast(0, poll)
    world.close(poll)
    closes = world.clock.now()
    world.clock.advance(3 * DAY)
    with world.here() as session:
        service.settle_due()
        bodies = [
            json.loads(body)
            for body in session.scalars(select(LogEntry.body).order_by(LogEntry.seq, LogEntry.community_id))
        ]
        body = next(item for item in bodies if item["kind"] == "poll.closed")
        assert (bodies[-1]["kind"], bodies[-1]["state"], bodies[-1]["when"]) == ("decision.moved", "lapsed", closes)
        assert (body["closed"], body["at"]) == (closes, closes + 3 * DAY)
        assert body["counts"] == {"consent": 1, "concern": 0, "objection": 0, "abstain": 0}


def test_what_is_stored_is_what_one_counts_by_hand(world: World) -> None:
    poll = world.open()
    world.cast(0, poll, "concern", concern="请留意夜里的灯光")
    world.cast(0, poll, "abstain")
    world.cast(1, poll, **OBJECTION)
    world.cast(2, poll)
    world.cast(3, poll)
    world.cast(3, poll, **OBJECTION)
    world.close(poll)
    with world.here() as session:
        service.settle_due()
        row = session.scalars(select(Poll)).one()
        by_hand = Counter(
            json.loads(choice)["stance"] for choice in session.scalars(select(Ballot.choice).where(Ballot.live))
        )
        assert {key: n for key, n in row.tally["counts"].items() if n} == dict(by_hand)
        assert (row.tally["cast"], row.tally["standing"]) == (4, 2)
        shown = queries.rounds_of([row.decision_id], world.clock.now())[row.decision_id][0]
        assert shown.tally is not None
        assert dict(shown.tally.counts) == row.tally["counts"]


def test_a_choice_that_was_tampered_with_stops_the_count(world: World) -> None:
    """The stance column is counted for pages, the committed choice for the record: they must agree."""
    poll = world.open()
    world.cast(0, poll)
    with world.here() as session:
        session.execute(update(Ballot).values(stance="abstain"))
        session.execute(update(Poll).values(settled_at=None))
        session.connection().commit()
    world.close(poll)
    with world.here(), pytest.raises(RuntimeError, match="two counts"):
        service.settle_due()


def test_a_form_sent_again_after_the_close_is_answered_with_its_receipt(world: World) -> None:
    poll = world.open()
    first = world.cast(0, poll, once="a-form")
    world.close(poll)
    with world.here():
        service.settle_due()
    again = world.cast(0, poll, once="a-form")
    assert (again.ballot, again.code, again.at) == (first.ballot, first.code, None)
    with pytest.raises(Closed):
        world.cast(0, poll, once="another-form")


def test_an_objection_of_a_replaced_ballot_is_withdrawn_by_the_close(world: World) -> None:
    poll = world.open()
    world.cast(0, poll, **OBJECTION)
    world.cast(0, poll, "abstain")
    world.cast(1, poll, **OBJECTION)
    world.close(poll)
    with world.here() as session:
        service.settle_due()
        assert sorted(session.scalars(select(Objection.state))) == ["raised", "withdrawn"]


def test_only_the_one_who_objected_withdraws(world: World) -> None:
    poll = world.open()
    world.cast(0, poll, **OBJECTION)
    world.cast(1, poll)
    world.close(poll)
    for actor, refusal in (
        (world.residents[1], NotFound),
        (world.residents[2], NotFound),
        (world.facilitator, Forbidden),
        (NOBODY, Forbidden),
    ):
        with world.here(), pytest.raises(refusal):
            service.withdraw_objection(actor, poll)
    with world.here() as session:
        assert session.scalars(select(Objection.state)).all() == ["raised"]
    withdraw(world, poll)
    with world.here() as session:
        row = session.scalars(select(Objection)).one()
        assert (row.state, row.ended_at) == ("withdrawn", world.clock.now())


def test_another_of_the_household_withdraws_as_well(world: World) -> None:
    second = world.resident("", "李叔", household_id=world.residents[0].household_id)
    poll = world.open()
    world.cast(0, poll, **OBJECTION)
    world.close(poll)
    with world.here():
        service.withdraw_objection(second, poll)


def test_an_objection_is_withdrawn_after_the_close_and_once(world: World) -> None:
    poll = world.open()
    world.cast(0, poll, **OBJECTION)
    with pytest.raises(Conflict, match="still open"):
        withdraw(world, poll)
    world.close(poll)
    withdraw(world, poll)
    with pytest.raises(Conflict):
        withdraw(world, poll)


def test_an_objection_ends_not_in_a_round_that_another_followed(world: World) -> None:
    first = world.open()
    world.contest(first)
    world.answer(TEXT + "\n三、先做防水。")
    world.announce(TEXT + "\n三、先做防水。")
    with pytest.raises(Conflict, match="announced since"):
        withdraw(world, first)
    with world.here() as session:
        assert session.scalars(select(Objection.state)).all() == ["qualified"]


def test_a_withdrawal_says_nobodys_name(world: World) -> None:
    poll = world.open()
    world.cast(0, poll, **OBJECTION)
    world.close(poll)
    withdraw(world, poll)
    with world.here() as session:
        event = session.scalars(select(Event).where(Event.kind == "objection.withdrawn")).one()
        assert (event.person_id, event.data) == (None, {})
        told = session.scalars(select(Message).where(Message.kind == "objection.withdrawn")).one()
        assert (told.person_id, told.data) == (world.facilitator.person_id, {})


def test_gates_wait_for_the_close(world: World) -> None:
    assert gates(world) == dict.fromkeys(GATES, False)
    poll = world.announce()
    assert gates(world) == dict.fromkeys(GATES, False)
    world.clock.advance(2 * DAY)
    for n in range(6):
        world.cast(n, poll)
    assert gates(world) == dict.fromkeys(GATES, False)
    world.close(poll)
    assert open_when_adopted(world)  # nobody has to settle it first


def test_gates_stay_shut_without_a_quorum(world: World) -> None:
    poll = world.open()
    for n in range(2):
        world.cast(n, poll)
    world.close(poll)
    assert gates(world) == {"ballot_passed": False, "objections_ended": True, "convention_adopted": False}


def test_half_of_the_electorate_is_enough(world: World) -> None:
    poll = world.open()
    for n in range(3):
        world.cast(n, poll, "abstain")
    world.close(poll)
    assert open_when_adopted(world)


def test_gates_stay_shut_while_an_objection_stands(world: World) -> None:
    poll = world.open()
    world.cast(0, poll, **OBJECTION)
    for n in range(1, 6):
        world.cast(n, poll)
    world.close(poll)
    assert gates(world) == dict.fromkeys(GATES, False)
    withdraw(world, poll)
    assert open_when_adopted(world)


def test_gates_look_at_the_newest_round(world: World) -> None:
    first = world.open()
    world.contest(first)
    world.answer(TEXT + "\n三、先做防水。")
    second = world.announce(TEXT + "\n三、先做防水。")
    assert gates(world) == dict.fromkeys(GATES, False)
    world.clock.advance(2 * DAY)
    for n in range(4):
        world.cast(n, second)
    world.close(second)
    assert open_when_adopted(world)


def test_a_round_found_void_passes_nothing(world: World) -> None:
    poll = world.open()
    for n in range(6):
        world.cast(n, poll)
    world.close(poll)
    with world.here(), transaction() as tx:
        tx.session.scalars(select(Poll)).one().voided_at = tx.now
    assert gates(world) == dict.fromkeys(GATES, False)


@pytest.mark.parametrize(
    ("yes", "no", "passes"), [(4, 2, True), (3, 2, False), (2, 0, False), (3, 0, True), (3, 3, False)]
)
def test_a_majority_of_two_thirds_in_whole_numbers(world: World, yes: int, no: int, passes: bool) -> None:
    world.start(MAJORITY)
    poll = world.open()
    for n in range(yes + no):
        world.cast(n, poll, "yes" if n < yes else "no")
    world.close(poll)
    assert not world.gate("ballot_passed")
    if passes:
        world.adopt()
    assert world.gate("ballot_passed") is passes
    with world.here() as session:
        decision = session.scalars(select(Decision).order_by(Decision.id.desc())).first()
        assert decision is not None
        item = queries.rounds_of([decision.id], world.clock.now())[decision.id][0]
        assert item.passed is passes


def test_everybody_is_told_when_a_withdrawal_lets_the_text_pass(world: World) -> None:
    poll = world.open()
    for who in range(3):
        world.cast(who, poll)
    for who in (3, 4):
        world.cast(who, poll, **OBJECTION)
    world.close(poll)

    def told() -> list[bool]:
        with world.here() as session:
            person = world.residents[5].person()
            query = select(Message.data).where(Message.person_id == person, Message.kind == "poll.closed")
            return [data["passed"] for data in session.scalars(query.order_by(Message.id))]

    withdraw(world, poll, 3)
    assert told() == [False]
    withdraw(world, poll, 4)
    assert told() == [False, True]
