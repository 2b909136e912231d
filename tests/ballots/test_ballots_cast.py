"""Casting: the deadline, changing, who may, what is kept and told."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.ballots import service
from app.ballots.models import Ballot, Poll, RollEntry, Slot
from app.core.clock import DAY, HOUR
from app.core.database import db
from app.core.events import Event, LogEntry
from app.core.once import OnceKey
from app.core.outbox import Message
from app.core.transaction import transaction
from app.engine.errors import Closed, Conflict, Forbidden, Frozen, Invalid, NotFound
from app.people.actor import NOBODY
from app.projects import service as projects
from tests.ballots.world import OBJECTION, TEXT, TITLE, World


@pytest.mark.parametrize(("at", "taken"), [(-1, False), (0, True), (1, True)])
def test_a_ballot_is_taken_from_the_opening_on(world: World, at: int, taken: bool) -> None:
    poll = world.announce()
    world.clock.advance(48 * HOUR + at)
    if taken:
        assert world.cast(0, poll).code.count("-") == 2
    else:
        with pytest.raises(Closed, match="opens"):
            world.cast(0, poll)


@pytest.mark.parametrize(("at", "taken"), [(-1, True), (0, False), (1, False)])
def test_a_ballot_is_taken_until_just_before_the_close(world: World, at: int, taken: bool) -> None:
    poll = world.announce(days=7)
    world.clock.advance(48 * HOUR + 7 * DAY + at)
    if taken:
        world.cast(0, poll)
    else:
        with pytest.raises(Closed, match="closed"):
            world.cast(0, poll)
    with world.here() as session:
        assert session.scalar(select(func.count()).select_from(Ballot)) == int(taken)


def test_the_last_ballot_counts_and_the_others_stay(world: World) -> None:
    poll = world.open()
    first = world.cast(0, poll, **OBJECTION)
    second = world.cast(0, poll, "abstain")
    assert first.code != second.code
    with world.here() as session:
        rows = session.scalars(select(Ballot).order_by(Ballot.seq)).all()
        assert [(row.seq, row.live, row.stance) for row in rows] == [(1, False, "objection"), (2, True, "abstain")]
        assert rows[1].supersedes_id == rows[0].id


def test_the_database_takes_one_live_ballot_a_slot(world: World) -> None:
    poll = world.open()
    world.cast(0, poll)
    world.cast(0, poll, "abstain")
    with world.here() as session, pytest.raises(IntegrityError):
        session.execute(update(Ballot).values(live=True))


def test_a_ballot_row_tells_neither_who_nor_when(world: World) -> None:
    poll = world.open()
    receipt = world.cast(0, poll)
    columns = set(Ballot.__table__.columns.keys())
    assert not columns & {"at", "created_at", "person_id", "household_id", "roll_entry_id", "device_id", "address"}
    with world.here() as session:
        size = session.scalar(select(func.count()).select_from(LogEntry))
    world.cast(1, poll)
    with world.here() as session:
        assert session.scalar(select(func.count()).select_from(LogEntry)) == size  # an entry would tell the hour
        told = [row for row in session.scalars(select(Event)) if receipt.ballot in json.dumps(row.data)]
        assert told == []


def test_only_what_may_still_be_written_is_written(world: World) -> None:
    poll = world.open()
    world.cast(0, poll)
    for model, name, value in (
        (Poll, "closes_at", world.clock.now() + 30 * DAY),
        (Poll, "rule", "majority"),
        (Poll, "roll_size", 1),
        (Ballot, "choice", '{"stance":"abstain"}'),
        (RollEntry, "label", "别处"),
        (Slot, "code", "0" * 32),
    ):
        with world.here(), pytest.raises(Frozen, match=name), transaction() as tx:
            setattr(tx.session.scalars(select(model)).first(), name, value)
    with world.here(), pytest.raises(Frozen), transaction() as tx:
        tx.session.delete(tx.session.scalars(select(Ballot)).one())


def test_the_same_form_counts_once(world: World) -> None:
    poll = world.open()
    first = world.cast(0, poll, once="same")
    again = world.cast(0, poll, once="same")
    assert (first.ballot, first.code) == (again.ballot, again.code)
    with pytest.raises(Conflict):
        world.cast(0, poll, "abstain", once="same")
    with pytest.raises(Invalid):
        world.cast(0, poll, "abstain", once="")
    with world.here() as session:
        assert session.scalar(select(func.count()).select_from(Ballot)) == 1


def test_the_roll_is_frozen_though_people_move_in(world: World) -> None:
    poll = world.announce()
    newcomer = world.resident("901")
    world.clock.advance(48 * HOUR)
    with pytest.raises(Forbidden, match="on the roll"):
        world.cast(newcomer, poll)
    with world.here() as session:
        assert session.scalars(select(Poll.roll_size)).one() == 6


def test_others_may_not(world: World) -> None:
    poll = world.open()
    for actor in (NOBODY, world.facilitator):
        with pytest.raises(Forbidden):
            world.cast(actor, poll)
    with pytest.raises(NotFound):
        world.cast(0, "0" * 16)


def test_nothing_is_cast_while_the_project_rests(world: World) -> None:
    poll = world.open()
    with world.here():
        projects.pause(world.facilitator, world.project, "等街道答复，先停一停再说。")
    with pytest.raises(Closed, match="rests"):
        world.cast(0, poll)
    with world.here():
        projects.resume(world.facilitator, world.project, "街道已经答复，可以继续了。")
    world.cast(0, poll)


def test_another_of_the_household_says_that_they_agreed(world: World) -> None:
    poll = world.open()
    first = world.residents[0]
    second = world.resident("", "李叔", household_id=first.household_id)
    world.cast(first, poll)
    world.cast(first, poll, "abstain")  # one's own vote one changes freely
    with pytest.raises(Invalid) as refused:
        world.cast(second, poll, "consent")
    assert set(refused.value.fields) == {"agreed"}
    world.cast(second, poll, "consent", agreed=True)
    with world.here() as session:
        told = session.execute(select(Message.person_id, Message.kind, Message.data).order_by(Message.id)).all()
        votes = [(person, kind) for person, kind, _ in told if kind.startswith("ballot.")]
        both = (first.person_id, second.person_id)
        for person in both:  # of two who are told at once, the database decides who comes first
            kinds = [kind for whom, kind in votes if whom == person]
            assert kinds == ["ballot.recorded", "ballot.changed", "ballot.changed"]
        assert len(votes) == 6
        assert not any("consent" in json.dumps(data) or "abstain" in json.dumps(data) for _, _, data in told)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"stance": ""}, "stance"),
        ({"stance": "yes"}, "stance"),
        ({"stance": "Consent"}, "stance"),
        ({"stance": "consent\x00"}, "stance"),
        ({"stance": "\ud800"}, "stance"),
        ({"stance": "concern"}, "concern"),
        ({"stance": "concern", "concern": "\u200b\u3000 "}, "concern"),
        ({"stance": "concern", "concern": "好" * 2001}, "concern"),
        ({**OBJECTION, "reason": "太吵"}, "reason"),
        ({**OBJECTION, "reason": "\u200b" * 40}, "reason"),
        ({**OBJECTION, "reason": "吵" * 2001}, "reason"),
        ({**OBJECTION, "reason": "\x00" * 40}, "reason"),
        ({**OBJECTION, "kind": "dislike"}, "kind"),
        ({**OBJECTION, "passage": " "}, "passage"),
    ],
)
def test_bad_ballots_are_refused_beside_their_field(world: World, raw: dict[str, str], field: str) -> None:
    poll = world.open()
    with pytest.raises(Invalid) as refused:
        world.cast(0, poll, **raw)
    assert field in refused.value.fields
    with world.here() as session:
        assert session.scalar(select(func.count()).select_from(Ballot)) == 0
        assert session.scalar(select(func.count()).select_from(OnceKey).where(OnceKey.scope.like("cast:%"))) == 0


@pytest.mark.parametrize(
    "words",
    [
        "𠮷野家👨‍👩‍👧㐂\u202e",
        "<script>alert(1)</script>{{7*7}}${7*7}",
        "' OR 1=1-- \";DROP %_",
        "=1+1 +@-",
        "a\r\nBcc: a@b",
    ],
)
def test_odd_words_are_kept_as_they_are(world: World, words: str) -> None:
    poll = world.open()
    world.cast(0, poll, "concern", concern=f"请留意：{words}")
    with world.here() as session:
        kept = json.loads(session.scalars(select(Ballot.choice)).one())["text"]
    assert kept == f"请留意：{words}".replace("\r\n", "\n")


def test_accents_become_one_character(world: World) -> None:
    poll = world.open()
    world.cast(0, poll, "concern", concern="cafe\u0301 bitte")
    with world.here() as session:
        assert json.loads(session.scalars(select(Ballot.choice)).one())["text"] == "caf\u00e9 bitte"


def test_persons_vote_where_persons_are_asked(world: World) -> None:
    world.start('rule = "majority", electorate = "person"')
    second = world.resident("", "李叔", household_id=world.residents[0].household_id)
    poll = world.open()
    world.cast(world.residents[0], poll, "yes")
    world.cast(second, poll, "no")
    with world.here() as session:
        assert sorted(session.scalars(select(Ballot.stance).where(Ballot.live))) == ["no", "yes"]
        told = session.scalars(select(Message.person_id).where(Message.kind == "ballot.recorded")).all()
        assert sorted(told) == sorted([world.residents[0].person(), second.person()])


def test_a_ring_that_the_method_does_not_name_does_not_vote(world: World) -> None:
    poll = world.open()
    stranger = service.cast
    with world.here(), pytest.raises(Forbidden, match="ring"):
        stranger(replace(world.residents[0], rings={}), poll, {"stance": "consent"}, once="k")


def test_the_text_is_what_was_announced(world: World) -> None:
    world.open()
    with world.here(), pytest.raises(Frozen):
        service.save_draft(world.facilitator, world.activity, TITLE, TEXT + "\n三、另收费。")
    with world.here(), pytest.raises(Conflict):
        service.announce(world.facilitator, world.activity, world.clock.now() + 3 * DAY, world.clock.now() + 9 * DAY)
    with world.here(), pytest.raises(Frozen):
        projects.set_window(world.facilitator, world.activity, None, world.clock.now() + 60 * DAY)
    assert db is not None
