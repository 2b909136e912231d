"""What the log tells of sheets: nothing while the vote is open, all from the close on; and logs of before that."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from app.ballots import service as ballots
from app.ballots.models import Poll
from app.core.clock import HOUR, FixedClock
from app.core.events import Event, record_event
from app.core.transaction import Lock, transaction
from app.paper.models import PaperSheet
from app.paper.seal import seal_due
from tests.paper.desk import Desk, build_desk
from tests.paper.test_paper_audit import found
from tests.paper.test_paper_scan import told


def sealed(desk: Desk) -> int:
    with desk.world.here():
        return seal_due()


def test_the_log_tells_nothing_of_a_sheet_while_the_vote_is_open(desk: Desk) -> None:
    for number in range(1, 5):
        desk.both(number, f"6-10{number}")
        desk.world.clock.advance(HOUR)
    desk.take(5, 6)
    assert (sealed(desk), told(desk)) == (0, [])
    assert found(desk) == ""
    with desk.world.here() as session:  # who recorded it, the desk knows
        rows = session.scalars(select(Event).where(Event.kind == "paper.recorded").order_by(Event.id)).all()
        assert [row.data["numbers"] for row in rows] == [[1], [2], [3], [4], [5, 6]]
        assert {(row.person_id, row.community_id) for row in rows} == {(desk.staff[0].person_id, None)}
    desk.world.close(desk.poll)
    assert (sealed(desk), sealed(desk)) == (1, 0)
    entry = told(desk)[0]
    assert entry["sheets"] == [*[[n, "valid"] for n in range(1, 5)], [5, "returned"], [6, "returned"]]
    hour = desk.sheet(1).returned_at
    assert str(hour) not in str(entry)  # by its hour, who was seen at the box would be known by number
    assert found(desk) == ""
    desk.both(5, "6-105")
    desk.both(6, choice="8")
    assert found(desk) == ""
    desk.sample()
    assert told(desk)[1]["sheets"] == [[5, "valid"], [6, "blank"]]  # before the root is fixed
    assert [item["kind"] for item in told(desk)[2:]] == ["paper.root_fixed", "paper.drawn"]
    assert found(desk) == ""


def test_a_count_seals_what_is_left(desk: Desk) -> None:
    desk.both(1, choice="9")
    desk.world.close(desk.poll)
    with desk.world.here():
        assert ballots.settle_due() == 1
    assert [item["sheets"] for item in told(desk)] == [[[1, "spoilt"]]]
    assert found(desk) == ""
    with desk.world.here(), transaction() as tx:
        tx.session.execute(PaperSheet.__table__.update().where(PaperSheet.number == 1).values(sealed=False))
    assert found(desk) == ""
    with desk.world.here(), transaction() as tx:
        tx.session.execute(
            PaperSheet.__table__.update().where(PaperSheet.number == 1).values(state="blank", sealed=False)
        )
    assert "state" in found(desk)  # what the log told once, no sheet takes back


def test_until_the_count_a_sheet_only_goes_on_from_what_was_told(desk: Desk) -> None:
    desk.both(1, choice="9")
    desk.world.close(desk.poll)
    sealed(desk)
    with desk.world.here(), transaction() as tx:
        row = tx.session.scalars(select(PaperSheet).where(PaperSheet.number == 1)).one()
        row.state, row.sealed = "blank", False
    assert "state" in found(desk)


def test_a_log_that_told_each_step_at_once_is_still_followed(app: Flask, clock: FixedClock) -> None:
    """Votes of before: their entries stand as they were written."""
    desk = build_desk(app, clock)

    def tell(kind: str, **public: object) -> None:
        with desk.world.here(), transaction(lock=[Lock(Poll, desk.row_of_poll().id)]) as tx:
            poll = tx.session.scalars(select(Poll)).one()
            ids = {"community_id": poll.community_id, "project_id": poll.project_id}
            record_event(tx, kind, **ids, data={}, public={"poll": desk.poll, **public})  # type: ignore[arg-type]
            tx.session.execute(PaperSheet.__table__.update().values(sealed=True))

    desk.take(1, 2)
    tell("paper.returned", numbers=[1, 2])
    desk.both(1, choice="9")
    tell("paper.ended", sheet=desk.serial(1), state="spoilt")
    assert found(desk) == ""
    desk.both(2, "6-102")
    desk.world.close(desk.poll)
    assert sealed(desk) == 1
    assert told(desk)[-1]["sheets"] == [[2, "valid"]]
    assert found(desk) == ""
