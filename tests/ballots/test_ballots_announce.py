"""The draft and the announcement: what may be announced, when, of whom it is asked, and that all of it freezes."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from app.ballots import service
from app.ballots.models import Decision, Poll, RollEntry, Slot, SlotLink, TextVersion
from app.ballots.rolls import roll_root
from app.core.clock import DAY, HOUR
from app.core.events import Event
from app.core.outbox import Message
from app.core.transaction import transaction
from app.engine.canonical import text_hash
from app.engine.errors import Closed, Conflict, Forbidden, Frozen, Invalid, NotFound
from app.people.actor import NOBODY
from app.people.models import Household
from app.people.places import Building, Entrance, Unit
from app.projects import service as projects
from app.projects.models import ActivityRun, Project
from tests.ballots.world import TEXT, TITLE, World

PERSONS = 'rule = "majority", electorate = "person"'


def draft(world: World, text: str = TEXT, title: str = TITLE) -> str:
    with world.here():
        return service.save_draft(world.facilitator, world.activity, title, text)


def announce(world: World, opens: int, closes: int) -> str:
    """Announce at hours from now."""
    with world.here():
        now = world.clock.now()
        return service.announce(world.facilitator, world.activity, now + opens * HOUR, now + closes * HOUR)


def polls(world: World) -> int:
    with world.here() as session:
        return session.scalar(select(func.count()).select_from(Poll)) or 0


def test_a_draft_is_written_and_written_again(world: World) -> None:
    first = draft(world)
    assert draft(world, TEXT + "\n三、周末开放。") == first
    with world.here() as session:
        row = session.scalars(select(Decision)).one()
        assert row.draft.endswith("三、周末开放。")
        assert row.policy == {}
    assert polls(world) == 0


@pytest.mark.parametrize(
    ("title", "text", "fields"),
    [("", TEXT, {"title"}), (TITLE, "", {"text"}), (" \u3000", "\n ", {"title", "text"})],
)
def test_a_draft_needs_title_and_text(world: World, title: str, text: str, fields: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        draft(world, text, title)
    assert set(refused.value.fields) == fields
    with world.here() as session:
        assert session.scalar(select(func.count()).select_from(Decision)) == 0


def test_only_the_facilitator_writes_and_announces(world: World) -> None:
    draft(world)
    now = world.clock.now()
    for actor, refusal in ((world.residents[0], Forbidden), (NOBODY, NotFound)):
        with world.here(), pytest.raises(refusal):
            service.save_draft(actor, world.activity, TITLE, TEXT)
        with world.here(), pytest.raises(refusal):
            service.announce(actor, world.activity, now + 48 * HOUR, now + 9 * DAY)
    assert polls(world) == 0


def test_nothing_is_announced_without_a_draft(world: World) -> None:
    with pytest.raises(Conflict, match="Write the text"):
        announce(world, 48, 100)


@pytest.mark.parametrize(
    ("opens", "closes", "field"),
    [
        (47, 200, "opens"),
        (0, 200, "opens"),
        (-1, 200, "opens"),
        (48, 71, "closes"),
        (48, 47, "closes"),
        (48, 1489, "closes"),
    ],
)
def test_two_days_to_read_and_one_to_vote(world: World, opens: int, closes: int, field: str) -> None:
    draft(world)
    with pytest.raises(Invalid) as refused:
        announce(world, opens, closes)
    assert set(refused.value.fields) == {field}
    assert polls(world) == 0


@pytest.mark.parametrize(("opens", "closes"), [(48, 72), (48, 48 + 60 * 24), (500, 600)])
def test_the_shortest_and_the_longest_vote(world: World, opens: int, closes: int) -> None:
    draft(world)
    announce(world, opens, closes)
    assert polls(world) == 1


def test_a_millisecond_too_early_is_too_early(world: World) -> None:
    draft(world)
    now = world.clock.now()
    with world.here(), pytest.raises(Invalid):
        service.announce(world.facilitator, world.activity, now + 48 * HOUR - 1, now + 9 * DAY)


def test_the_method_says_how_long_people_read(world: World) -> None:
    world.start('rule = "consent", electorate = "household", announce_hours = 72')
    draft(world)
    with pytest.raises(Invalid):
        announce(world, 71, 200)
    announce(world, 72, 200)


def test_all_of_it_freezes(world: World) -> None:
    poll = world.announce()
    with world.here() as session:
        row = session.scalars(select(Poll).where(Poll.public_id == poll)).one()
        version = session.scalars(select(TextVersion)).one()
        run = session.scalars(select(ActivityRun).where(ActivityRun.public_id == world.activity)).one()
        units = service.electorate(world.refs()[0])
        assert (version.title, version.text, version.text_hash) == (TITLE, TEXT, text_hash(TEXT))
        assert (row.rule, row.electorate, row.quorum, row.threshold, row.mode) == (
            "consent",
            "household",
            "1/2",
            "1/2",
            "A",
        )
        assert (row.roll_size, row.roll_root, row.asked_of) == (6, roll_root(units), [])
        assert (run.opens_at, run.closes_at) == (row.opens_at, row.closes_at)
        assert row.announced_at == world.clock.now()
        opens = row.opens_at
    for change in (
        lambda: service.save_draft(world.facilitator, world.activity, TITLE, TEXT + "三"),
        lambda: service.announce(world.facilitator, world.activity, opens + DAY, opens + 5 * DAY),
        lambda: projects.set_window(world.facilitator, world.activity, None, opens + 60 * DAY),
    ):
        with world.here(), pytest.raises(Conflict):
            change()
    for name, value in {"text": "别的", "title": "别的", "text_hash": "0" * 64}.items():
        with world.here(), pytest.raises(Frozen), transaction() as tx:
            setattr(tx.session.scalars(select(TextVersion)).one(), name, value)
    for thing in (Poll, TextVersion, RollEntry, Slot):
        with world.here(), pytest.raises(Frozen), transaction() as tx:
            tx.session.delete(tx.session.scalars(select(thing)).first())


def test_the_policy_is_copied_and_never_read_again(world: World) -> None:
    """The second round keeps the rule of the first, whatever the stored method says by then."""
    first = world.open()
    world.contest(first)
    world.answer(TEXT + "\n三、先做防水。")
    with world.here(), transaction() as tx:
        decision = tx.session.scalars(select(Decision)).one()
        assert set(decision.policy) == {
            "rule",
            "electorate",
            "quorum",
            "threshold",
            "rounds",
            "announce_hours",
            "paper",
            "open_days",
            "prolong_days",
            "handle_days",
            "narrow",
            "formal",
        }
        tx.session.execute(update(Decision).values(policy={**decision.policy, "quorum": "2/3"}))
    second = world.announce(TEXT + "\n三、先做防水。")
    with world.here() as session:
        assert session.scalars(select(Poll.quorum).where(Poll.public_id == second)).one() == "2/3"


def test_everybody_on_the_roll_is_told_once(world: World) -> None:
    world.announce()
    with world.here() as session:
        told = session.scalars(select(Message.person_id).where(Message.kind == "poll.announced")).all()
        assert sorted(told) == sorted(actor.person() for actor in world.residents)
        event = session.scalars(select(Event).where(Event.kind == "poll.announced")).one()
        assert set(event.data) == {"title", "roll"}
        assert event.data["title"] == TITLE


def test_each_household_has_one_slot_in_an_order_that_tells_nothing(world: World) -> None:
    world.households(40)
    world.announce()
    with world.here() as session:
        pairs = session.execute(select(SlotLink.roll_entry_id, SlotLink.slot_id).order_by(SlotLink.roll_entry_id)).all()
        assert len(pairs) == session.scalar(select(func.count()).select_from(Slot)) == 46
        slots = [slot for _, slot in pairs]
        assert len(set(slots)) == 46
        assert slots != sorted(slots)
        assert slots != sorted(slots, reverse=True)


def test_where_households_are_asked_two_who_live_together_are_one(world: World) -> None:
    world.resident("", "李叔", household_id=world.residents[0].household_id)
    world.announce()
    with world.here() as session:
        rows = session.scalars(select(RollEntry)).all()
        assert len(rows) == 6
        assert all(row.person_id is None and row.household_id is not None and row.heads == 1 for row in rows)


def test_where_persons_are_asked_each_has_a_slot_and_the_staff_has_none(world: World) -> None:
    world.start(PERSONS)
    world.resident("", "李叔", household_id=world.residents[0].household_id)
    world.announce()
    with world.here() as session:
        rows = session.scalars(select(RollEntry)).all()
        assert len(rows) == 7
        assert world.facilitator.person() not in {row.person_id for row in rows}


def test_only_the_scope_of_the_project_is_asked(world: World) -> None:
    with world.here(), transaction() as tx:
        building = Building(community_id=world.community_id, label="7", sort=7)
        tx.session.add(building)
        tx.session.flush()
        entrance = Entrance(community_id=world.community_id, building_id=building.id, label="")
        tx.session.add(entrance)
        tx.session.flush()
        unit = Unit(community_id=world.community_id, entrance_id=entrance.id, room="101", floor_area=5000)
        tx.session.add(unit)
        tx.session.flush()
        tx.session.add(Household(community_id=world.community_id, unit_id=unit.id, since=tx.now))
        tx.session.execute(
            update(Project).where(Project.public_id == world.project).values(scope={"buildings": [building.id]})
        )
    poll = world.announce()
    with world.here() as session:
        row = session.scalars(select(Poll).where(Poll.public_id == poll)).one()
        assert (row.roll_size, row.asked_of) == (1, ["7号楼"])
        assert session.scalars(select(RollEntry.label)).all() == ["7号楼101室"]
    world.clock.advance(48 * HOUR)
    with pytest.raises(Forbidden):
        world.cast(0, poll)


def test_a_vote_that_is_asked_of_nobody_is_not_announced(world: World) -> None:
    draft(world)
    with world.here(), transaction() as tx:
        tx.session.execute(update(Household).values(ended_at=tx.now))
    with pytest.raises(Invalid, match="announced") as refused:
        announce(world, 48, 100)
    assert "roll" in str(refused.value.fields["text"])
    assert polls(world) == 0


def test_a_second_round_needs_another_text(world: World) -> None:
    first = world.open()
    world.cast(3, first)
    with pytest.raises(Frozen):  # while the first is open
        draft(world, TEXT + "三")
    world.contest(first)
    with pytest.raises(Conflict, match="whether the objections stand"):
        world.announce(TEXT + "三")
    world.answer(TEXT)
    for same in (TEXT, f" {TEXT}\n"):
        with pytest.raises(Invalid) as refused:
            world.announce(same)
        assert set(refused.value.fields) == {"text"}
    world.announce(TEXT + "\n三、先做防水，验收后再放箱子。")
    assert polls(world) == 2


def test_after_a_round_that_passed_there_is_no_other(world: World) -> None:
    first = world.open()
    for n in range(3):
        world.cast(n, first)
    world.close(first)
    with pytest.raises(Frozen):
        draft(world, TEXT + "三")
    with pytest.raises(Conflict, match="passed"):
        announce(world, 48, 100)


def test_rounds_are_used_up(world: World) -> None:
    for n in range(2):
        poll = world.open(f"{TEXT}\n第{n}稿")
        world.contest(poll)
        if n == 0:
            world.answer(f"{TEXT}\n第1稿")
    world.clock.advance(2 * DAY)
    with pytest.raises(Frozen):
        world.announce(f"{TEXT}\n第三稿")
    assert polls(world) == 2


def test_a_secret_vote_is_unlinked_from_ten_on_the_roll_and_mode_a_below(world: World) -> None:
    world.start('rule = "majority", electorate = "household", secret = true')
    few = world.announce()
    world.households(4)
    world.start('rule = "majority", electorate = "household", secret = true', title="另一个")
    enough = world.announce()
    with world.here() as session:
        modes = dict(session.execute(select(Poll.public_id, Poll.mode)).all())
        assert (modes[few], modes[enough]) == ("A", "C")
        slots = select(func.count()).select_from(Slot).join(Poll, Poll.id == Slot.poll_id)
        assert session.scalar(slots.where(Poll.public_id == few)) == 6
        assert session.scalar(slots.where(Poll.public_id == enough)) == 0


def test_nothing_is_written_or_announced_while_the_project_rests(world: World) -> None:
    draft(world)
    with world.here():
        projects.pause(world.facilitator, world.project, "等街道答复，先停一停再说。")
    with pytest.raises(Closed):
        draft(world)
    with pytest.raises(Closed):
        announce(world, 48, 100)
