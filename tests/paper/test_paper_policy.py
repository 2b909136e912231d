"""What counts for a household: its sheets and what it said on screen, by the policy of the vote."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.ballots import service as ballots
from app.ballots.models import RollEntry
from app.core.clock import DAY, HOUR, FixedClock
from app.core.outbox import Message
from app.core.transaction import transaction
from app.engine.errors import Closed
from app.paper import service
from app.paper.seal import seal_due
from tests.ballots.owners import SETTINGS as OWNERS
from tests.ballots.owners import each_owns, opened
from tests.ballots.world import build
from tests.paper.desk import Desk, build_desk
from tests.paper.test_paper_audit import found
from tests.paper.test_paper_scan import told


@pytest.mark.parametrize(
    ("policy", "state", "counts", "told"),
    [
        ("last", "overtaken", ("abstain", "web"), "paper.overtaken"),
        ("final", "valid", ("consent", "paper"), "paper.counted"),
    ],
)
def test_what_a_household_says_after_an_unnamed_sheet(
    app: Flask, clock: FixedClock, policy: str, state: str, counts: tuple[str, str], told: str
) -> None:
    """Its sheet was recorded in the box, and nobody knew yet that it is theirs: here the two policies differ."""
    desk = build_desk(app, clock, policy)
    desk.take(1)
    desk.world.clock.advance(HOUR)
    desk.world.cast(0, desk.poll, "abstain")
    desk.world.clock.advance(HOUR)
    assert desk.both(1, "6-101") == state
    assert desk.live("101") == [counts]
    assert all(item.holds for item in desk.account().equations)
    with desk.world.here() as session:
        rows = session.scalars(select(Message).where(Message.kind.like("paper.%"))).all()
        assert [row.kind for row in rows] == [told]
    if policy == "last":  # no sheet of theirs counts, so nothing is closed for them
        desk.world.cast(0, desk.poll, "consent")
    else:
        with pytest.raises(Closed):
            desk.world.cast(0, desk.poll, "consent")
    desk.world.close(desk.poll)
    assert found(desk) == ""


@pytest.mark.parametrize("policy", ["last", "final"])
def test_a_sheet_recorded_after_what_was_said_on_screen_counts(app: Flask, clock: FixedClock, policy: str) -> None:
    desk = build_desk(app, clock, policy)
    desk.world.cast(0, desk.poll, "abstain")
    with desk.world.here():
        service.help_cast(desk.staff[1], desk.poll, "6-102", {"stance": "abstain"}, once="h", said=True)
    desk.world.clock.advance(HOUR)
    desk.take(1, 2)
    assert (desk.both(1, "6-101"), desk.both(2, "6-102")) == ("valid", "valid")
    assert desk.live("101") == desk.live("102") == [("consent", "paper")]


def test_a_helped_vote_is_later_than_a_sheet_too(desk: Desk) -> None:
    desk.take(1)
    desk.world.clock.advance(HOUR)
    with desk.world.here():
        service.help_cast(desk.staff[1], desk.poll, "6-101", {"stance": "abstain"}, once="h", said=True)
    assert desk.both(1, "6-101") == "overtaken"
    assert desk.live("101") == [("abstain", "assisted")]


def test_the_hour_of_a_cast_on_screen_is_kept_until_the_count_only(app: Flask, clock: FixedClock) -> None:
    desk = build_desk(app, clock)
    desk.world.cast(0, desk.poll)
    first = desk.row("101").online_at
    desk.world.clock.advance(HOUR)
    desk.world.cast(0, desk.poll, "abstain")
    assert (first, desk.row("101").online_at) == (clock.now() - HOUR, clock.now())
    desk.world.close(desk.poll)
    assert desk.row("101").online_at is not None
    with desk.world.here():
        assert ballots.settle_due() == 1
    assert desk.row("101").online_at is None


def test_where_paper_is_final_no_hour_of_a_cast_is_kept(app: Flask, clock: FixedClock) -> None:
    desk = build_desk(app, clock, "final")
    desk.world.cast(0, desk.poll)
    assert desk.row("101").online_at is None


def test_the_paper_of_a_household_in_dispute_is_final(desk: Desk) -> None:
    desk.take(1)
    desk.world.clock.advance(HOUR)
    desk.world.cast(0, desk.poll, "abstain")
    with desk.world.here(), transaction() as tx:
        for row in tx.session.scalars(select(RollEntry).where(RollEntry.label.contains("101"))):
            row.disputed_at = tx.now
    assert desk.both(1, "6-101") == "valid"
    assert desk.live("101") == [("consent", "paper")]


def test_of_two_sheets_of_a_household_the_later_one_counts(desk: Desk) -> None:
    desk.take(2)
    desk.world.clock.advance(HOUR)
    desk.take(1)
    assert desk.both(1, "6-101", "4") == "valid"
    assert desk.both(2, "6-101", "1") == "overtaken"
    assert desk.live("101") == [("abstain", "paper")]
    desk.world.clock.advance(HOUR)
    assert desk.both(3, "6-101", "1") == "valid"
    assert (desk.sheet(1).state, desk.live("101")) == ("overtaken", [("consent", "paper")])
    assert all(item.holds for item in desk.account().equations)


def test_the_policy_is_fixed_at_the_announcement(desk: Desk) -> None:
    assert desk.row_of_poll().paper == "last"


def test_a_policy_of_the_method_reaches_the_poll(app: Flask, clock: FixedClock) -> None:
    desk = build_desk(app, clock, "final", 0)
    assert desk.row_of_poll().paper == "final"


def test_who_speaks_for_an_owner_is_told_of_its_paper(app: Flask, clock: FixedClock) -> None:
    """Owners are no household of the roll: whoever may cast for one hears of what was cast for it."""
    world = build(app, clock)
    world.start(f'{OWNERS}, paper = "last"', "业主纸面表决")
    each_owns(world)
    poll = opened(world)
    with world.here():
        service.help_cast(world.facilitator, poll, "6-101", {"stance": "yes"}, once="h", said=True)
    with world.here() as session:
        rows = session.scalars(select(Message).where(Message.kind == "ballot.helped")).all()
        assert [row.person_id for row in rows] == [world.residents[0].person_id]


def test_a_household_in_dispute_brings_its_paper_while_the_vote_is_prolonged(app: Flask, clock: FixedClock) -> None:
    desk = build_desk(app, clock, "none", 0, days=3)
    desk.world.cast(0, desk.poll, "abstain")
    with desk.world.here():
        ballots.dispute(desk.world.residents[0], desk.poll)
    desk.world.close(desk.poll)  # one of six: too few
    clock.advance(HOUR)
    with desk.world.here():
        assert service.issue(desk.staff[0], desk.poll, to="6-101") == (1, 1)
    desk.enter(0, 1)
    with desk.world.here():
        assert ballots.settle_due() == 0
    assert desk.row_of_poll().prolonged_until is not None  # the sheet that waits doesn't keep the tick from writing it
    assert desk.enter(1, 1) == "valid"
    assert desk.live("101") == [("consent", "paper")]
    assert (told(desk), found(desk)) == ([], "")
    clock.advance(3 * DAY)
    with desk.world.here():
        assert seal_due() == 1
    assert (told(desk)[0]["sheets"], found(desk)) == ([[1, "valid"]], "")
    with pytest.raises(Closed, match="no more sheets"), desk.world.here():
        service.issue(desk.staff[0], desk.poll, to="6-101")
