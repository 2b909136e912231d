"""The audit of sheets: what the desk did is sound; whatever is changed in the rows is found and named."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.audit.verify import verify
from app.ballots import service as ballots
from tests.paper.desk import Desk


@pytest.fixture
def counted(desk: Desk) -> Desk:
    """A vote whose sheets are counted and compared, and whose count is stored."""
    desk.world.cast(5, desk.poll)
    for number, room in ((1, "6-101"), (2, "6-102"), (4, "6-104")):
        desk.both(number, room)
    desk.both(3, choice="9")
    desk.both(5, "6-102", "4")
    desk.take(6)
    desk.world.close(desk.poll)
    desk.both(6, choice="8")
    left = desk.sample()
    rooms = {desk.serial(1): "6-101", desk.serial(5): "6-102", desk.serial(4): "6-104"}
    assert sorted(left) == sorted(rooms)
    assert not desk.compare(desk.serial(1), "6-101", "4")
    desk.both(1, "6-101", "4")
    assert desk.compare(desk.serial(5), "6-102", "4")
    assert desk.compare(desk.serial(4), "6-104")
    with desk.world.here():
        assert ballots.settle_due() == 1
    return desk


def found(desk: Desk) -> str:
    with desk.world.here():
        return str(verify("ziteng").finding or "")


def test_what_the_desk_did_is_sound(counted: Desk) -> None:
    assert found(counted) == ""


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("UPDATE paper_sheet SET state = 'blank' WHERE state = 'spoilt'", "paper_sheet"),
        ("UPDATE paper_sheet SET state = 'spoilt' WHERE number = 4", "state"),
        ("UPDATE paper_sheet SET returned_at = returned_at - 1 WHERE number = 4", "returned_at"),
        ("UPDATE paper_sheet SET ended_at = ended_at + 1 WHERE number = 4", "ended_at"),
        ("UPDATE paper_sheet SET number = 77 WHERE number = 4", "number"),
        ("DELETE FROM paper_sheet WHERE number = 9", "were issued"),
        ("UPDATE paper_draw SET dice = '66666'", "dice"),
        ("UPDATE paper_draw SET serials = '[]'", "serials"),
        ("DELETE FROM paper_check", "paper_check"),
        ("UPDATE paper_check SET same = true", "paper_check"),
        (
            "UPDATE paper_sheet SET roll_entry_id = (SELECT max(id) FROM roll_entry) WHERE number = 4",
            "roll_entry_id",
        ),
        ("UPDATE ballot SET serial = 'ABC-0001-A' WHERE live and channel = 'paper'", "ballot"),
        ("UPDATE poll SET paper = 'final'", "paper"),
    ],
)
def test_what_was_changed_is_named(counted: Desk, statement: str, names: str) -> None:
    if "SET serial" in statement:
        statement = statement.replace("live and", f"serial = '{counted.serial(4)}' and")
    with counted.world.here() as session:
        session.execute(text(statement))
        session.commit()
    assert names in found(counted)
