"""Sheets from their issue to their end: two must agree, one ballot is live for a household, late ones are missing."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.ballots import service as ballots
from app.ballots.models import Poll, RollEntry
from app.core.clock import HOUR
from app.core.outbox import Message
from app.core.transaction import transaction
from app.engine.errors import Closed, Conflict, DomainError, Forbidden, Invalid, NotFound
from app.paper import service
from tests.ballots.races import at_once
from tests.ballots.world import OBJECTION
from tests.paper.desk import Desk


def test_a_sheet_counts_when_two_persons_agree(desk: Desk) -> None:
    assert desk.enter(0, 1, "6-101") == "again"
    assert desk.live("101") == []
    assert desk.enter(1, 1, "6-101") == "valid"
    assert desk.live("101") == [("consent", "paper")]
    assert desk.account().valid == 1


def test_one_person_never_reads_a_sheet_twice(desk: Desk) -> None:
    desk.enter(0, 1, "6-101")
    with pytest.raises(Invalid, match="Somebody else"):
        desk.enter(0, 1, "6-101")
    assert desk.live("101") == []


def test_a_difference_goes_to_a_third(desk: Desk) -> None:
    desk.enter(0, 1, "6-101", "1")
    assert desk.enter(1, 1, "6-101", "4") == "differs"
    assert desk.live("101") == []
    assert desk.enter(2, 1, "6-101", "4") == "valid"
    assert desk.live("101") == [("abstain", "paper")]


def test_three_who_differ_need_another(desk: Desk) -> None:
    desk.enter(0, 1, "6-101", "1")
    desk.enter(1, 1, "6-102", "1")
    assert desk.enter(2, 1, "6-101", "9") == "differs"
    assert desk.sheet(1).state == "returned"
    assert desk.ballots() == 0


def test_an_objection_on_paper_needs_its_reasons(desk: Desk) -> None:
    with pytest.raises(Invalid) as refused:
        desk.enter(0, 1, "6-101", "3")
    assert {"passage", "reason", "kind"} <= set(refused.value.fields)
    words = {key: OBJECTION[key] for key in ("passage", "kind", "reason", "grounds")}
    assert desk.both(1, "6-101", "3", **words) == "valid"
    assert desk.live("101") == [("objection", "paper")]


def test_paper_replaces_what_was_said_online_before(desk: Desk) -> None:
    desk.world.cast(0, desk.poll, "abstain")
    desk.world.clock.advance(HOUR)
    desk.both(1, "6-101")
    assert desk.live("101") == [("consent", "paper")]
    assert desk.ballots() == 2


def test_a_household_with_a_sheet_in_the_box_votes_online_no_more(desk: Desk) -> None:
    desk.both(1, "6-101")
    with pytest.raises(Closed, match="ask at the desk"):
        desk.world.cast(0, desk.poll, "abstain")
    assert desk.live("101") == [("consent", "paper")]
    with desk.world.here() as session:
        kinds = session.scalars(select(Message.kind).where(Message.kind.like("paper.%"))).all()
        kept = session.scalars(select(Message.data).where(Message.kind.like("paper.%"))).all()
    assert kinds == ["paper.counted"]
    assert desk.serial(1) not in str(kept)


def test_a_named_sheet_closes_online_from_the_box_on(desk: Desk) -> None:
    with desk.world.here():
        assert service.issue(desk.staff[0], desk.poll, to="6-102") == (11, 11)
    desk.world.cast(1, desk.poll)
    desk.take(11)
    with pytest.raises(Closed):
        desk.world.cast(1, desk.poll, "abstain")
    with pytest.raises(Invalid, match="another household"):
        desk.enter(0, 11, "6-101")
    assert desk.both(11, choice="4") == "valid"
    assert desk.live("102") == [("abstain", "paper")]


def test_a_spoilt_sheet_opens_the_way_online_again(desk: Desk) -> None:
    with desk.world.here():
        service.issue(desk.staff[0], desk.poll, to="6-102")
    desk.world.cast(1, desk.poll)
    desk.take(11)
    assert desk.both(11, choice="9") == "spoilt"
    assert desk.live("102") == [("consent", "web")]
    desk.world.cast(1, desk.poll, "abstain")
    assert desk.live("102") == [("abstain", "web")]


def test_a_sheet_that_was_in_the_box_counts_after_the_close_a_late_one_is_missing(desk: Desk) -> None:
    desk.take(1)
    desk.world.close(desk.poll)
    with desk.world.here():
        assert ballots.settle_due() == 0
    assert not desk.done()
    with pytest.raises(Closed, match="missing"):
        desk.enter(0, 2, "6-102")
    with pytest.raises(Closed, match="missing"):
        desk.take(2)
    assert desk.both(1, "6-101") == "valid"
    found = desk.account()
    assert (found.issued, found.returned, found.missing, found.valid) == (10, 1, 9, 1)
    assert found.done
    assert all(item.holds for item in found.equations)


def test_no_result_is_told_while_sheets_are_counted(desk: Desk) -> None:
    for n in range(5):
        desk.world.cast(n, desk.poll)
    desk.take(1)
    desk.world.close(desk.poll)
    client = desk.world.app.test_client()
    page = client.get(f"/c/ziteng/poll/{desk.poll}/result")
    assert page.status_code == 200
    assert "passed" not in desk.world.app.test_client().get(f"/c/ziteng/poll/{desk.poll}/turnout.json").text
    desk.both(1, "6-106")
    with desk.world.here():
        assert ballots.settle_due() == 0
    left = desk.sample()
    assert left == [desk.serial(1)]
    assert desk.compare(left[0], "6-106")
    assert desk.done()
    with desk.world.here():
        assert ballots.settle_due() == 1
    assert (desk.row_of_poll().tally or {})["cast"] == 6
    with pytest.raises(Closed, match="count is done"):
        desk.enter(0, 2, "6-101")


def test_a_close_without_sheets_in_the_box_waits_for_nothing(desk: Desk) -> None:
    desk.world.close(desk.poll)
    assert desk.done()
    with desk.world.here():
        assert ballots.settle_due() == 1
    assert desk.account().missing == 10


def test_a_difference_in_the_sample_lets_all_be_compared_and_the_sheet_be_read_anew(desk: Desk) -> None:
    for number, room in ((1, "6-101"), (2, "6-102")):
        desk.both(number, room)
    desk.world.close(desk.poll)
    left = desk.sample()
    assert left == [desk.serial(1), desk.serial(2)]
    assert not desk.compare(desk.serial(1), "6-101", "4")
    assert not desk.done()
    assert desk.sheet(1).state == "returned"
    with pytest.raises(Conflict, match="inspectors"):
        desk.both(1, choice="9")
    # Both earlier readings of this turn were refused or kept: a third person and the second agree.
    assert desk.enter(2, 1, "6-101", "4") == "differs"
    assert desk.enter(1, 1, "6-101", "4") == "valid"
    assert desk.live("101") == [("abstain", "paper")]
    assert not desk.done()
    assert desk.compare(desk.serial(2), "6-102")
    assert desk.done()


def test_whoever_entered_a_sheet_does_not_compare_it(desk: Desk) -> None:
    desk.both(1, "6-101")
    desk.enter(2, 2, "6-102")
    desk.enter(0, 2, "6-102")
    desk.world.close(desk.poll)
    assert desk.sample() == [desk.serial(1), desk.serial(2)]
    for who, number in ((0, 1), (1, 1), (2, 2), (0, 2)):
        with pytest.raises(Invalid, match="third person"):
            desk.compare(desk.serial(number), f"6-10{number}", who=who)
    assert desk.compare(desk.serial(1), "6-101", who=2)
    assert desk.compare(desk.serial(2), "6-102", who=1)
    assert desk.done()


def test_the_root_is_fixed_before_the_dice(desk: Desk) -> None:
    desk.both(1, "6-101")
    desk.world.close(desk.poll)
    with desk.world.here(), pytest.raises(Conflict, match="root first"):
        service.throw(desk.staff[0], desk.poll, "12345")
    with desk.world.here():
        service.fix(desk.staff[0], desk.poll)
        service.throw(desk.staff[0], desk.poll, "12345")
    with desk.world.here(), pytest.raises(Conflict, match="already"):
        service.throw(desk.staff[0], desk.poll, "66666")


def test_sheets_are_issued_until_the_close_and_only_where_the_announcement_said_so(desk: Desk) -> None:
    with desk.world.here():
        assert service.issue(desk.staff[0], desk.poll, everyone=True) == (11, 16)
    with desk.world.here(), pytest.raises(Conflict, match="already"):
        service.issue(desk.staff[0], desk.poll, everyone=True)
    with desk.world.here(), pytest.raises(Forbidden):
        service.issue(desk.world.residents[0], desk.poll, count=1)
    desk.world.close(desk.poll)
    with desk.world.here(), pytest.raises(Closed):
        service.issue(desk.staff[0], desk.poll, count=1)


def test_a_vote_without_paper_has_sheets_for_households_in_dispute_only(desk: Desk) -> None:
    with desk.world.here(), transaction() as tx:
        tx.session.execute(Poll.__table__.update().values(paper="none"))
    with desk.world.here(), pytest.raises(Conflict, match="no paper"):
        service.issue(desk.staff[0], desk.poll, to="6-101")
    with desk.world.here(), transaction() as tx:
        for row in tx.session.scalars(select(RollEntry).where(RollEntry.label.contains("101"))):
            row.disputed_at = tx.now
    with desk.world.here():
        assert service.issue(desk.staff[0], desk.poll, to="6-101") == (11, 11)


def test_a_run_of_numbers_is_taken_in_at_once(desk: Desk) -> None:
    with desk.world.here():
        taken = service.take_in(desk.staff[0], desk.poll, f"{desk.serial(1)} ~ {desk.serial(4)}, {desk.serial(9)}")
        assert (taken.recorded, taken.known) == (5, 0)
        again = service.take_in(desk.staff[0], desk.poll, f"{desk.serial(4)} {desk.serial(5)}")
        assert (again.recorded, again.known) == (1, 1)
        for wrong in ("", "~", "4Z 5", f"{desk.serial(4)}~{desk.serial(1)}", desk.serial(99)):
            with pytest.raises(Invalid):
                service.take_in(desk.staff[0], desk.poll, wrong)


def test_only_the_desk_enters_and_a_named_helper_belongs_to_it(desk: Desk) -> None:
    resident = desk.world.residents[2]
    raw = {"serial": desk.serial(1), "household": "6-101", "choice": "1"}
    with desk.world.here(), pytest.raises(Forbidden):
        service.enter(resident, desk.poll, raw)
    with desk.world.here(), pytest.raises(NotFound):
        service.enter(desk.world.facilitator, "0" * 16, raw)
    colleague = desk.staff[1]
    with desk.world.here():
        service.name_helper(desk.staff[0], desk.poll, colleague.public_id)
        with pytest.raises(Invalid):
            service.name_helper(desk.staff[0], desk.poll, "0" * 16)


def test_a_helped_vote_bears_the_helpers_name_and_may_be_changed_online(desk: Desk) -> None:
    with desk.world.here():
        with pytest.raises(Invalid, match="aloud"):
            service.help_cast(desk.staff[1], desk.poll, "6-101", {"stance": "consent"}, once="h", said=False)
        first = service.help_cast(desk.staff[1], desk.poll, "6-101", {"stance": "consent"}, once="h", said=True)
        again = service.help_cast(desk.staff[1], desk.poll, "6-101", {"stance": "consent"}, once="h", said=True)
    assert first.ballot == again.ballot
    assert desk.live("101") == [("consent", "assisted")]
    with desk.world.here() as session:
        message = session.scalars(select(Message).where(Message.kind == "ballot.helped")).one()
        assert message.data["name"] == "王老师"
    with pytest.raises(Invalid, match="Somebody else"):
        desk.world.cast(0, desk.poll, "abstain")
    desk.world.cast(0, desk.poll, "abstain", agreed=True)
    assert desk.live("101") == [("abstain", "web")]


def test_nobody_helps_past_a_sheet_in_the_box_or_the_close(desk: Desk) -> None:
    desk.both(1, "6-101")
    with desk.world.here(), pytest.raises(Closed):
        service.help_cast(desk.staff[1], desk.poll, "6-101", {"stance": "consent"}, once="h", said=True)
    desk.world.close(desk.poll)
    with desk.world.here(), pytest.raises(Closed):
        service.help_cast(desk.staff[1], desk.poll, "6-102", {"stance": "consent"}, once="h", said=True)


def test_casting_online_and_entering_paper_at_once_leave_one_live_ballot(desk: Desk) -> None:
    for number, room, resident in ((1, "6-101", 0), (2, "6-102", 1), (3, "6-103", 2), (4, "6-104", 3)):
        desk.enter(0, number, room)
        raw = {"serial": desk.serial(number), "household": room, "choice": "4"}
        more = {"serial": desk.serial(number), "household": room, "choice": "1"}
        found = at_once(
            desk.world.app,
            [
                lambda n=number, r=resident: ballots.cast(
                    desk.world.residents[r], desk.poll, {"stance": "abstain"}, once=f"w{n}"
                ),
                lambda more=more: service.enter(desk.staff[1], desk.poll, more),
                lambda raw=raw: service.enter(desk.staff[2], desk.poll, raw),
            ],
        )
        assert all(not isinstance(item, Exception) or isinstance(item, DomainError) for item in found), found
        assert len(desk.live(room[-3:])) == 1


def test_two_who_enter_the_same_sheet_at_once_make_one_ballot(desk: Desk) -> None:
    raw = {"serial": desk.serial(1), "household": "6-101", "choice": "1"}
    found = at_once(
        desk.world.app, [lambda who=who: service.enter(desk.staff[who], desk.poll, raw).state for who in (0, 1, 2)]
    )
    assert sorted(str(item) for item in found if isinstance(item, str)) == ["again", "valid"]
    assert (desk.ballots(), desk.live("101")) == (1, [("consent", "paper")])
