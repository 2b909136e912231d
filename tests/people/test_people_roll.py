"""The roll through its service: preview, all or nothing, later files, who is gone, and what never changes."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import func, select

from app.ballots.models import RollEntry
from app.core import jobs, media
from app.core.clock import HOUR, FixedClock
from app.core.events import Event, LogEntry
from app.engine.errors import Conflict, Forbidden, Invalid, NotFound
from app.people import desk, roll, sign_in
from app.people.actor import NOBODY, Actor
from app.people.models import Device, Household, HouseholdCode, Person
from app.people.places import Building, Entrance, RollImport, RollRowStaged, Unit
from app.people.queries import roll_households
from tests.ballots import world as votes
from tests.people.place import ADDRESS, Place, rows_of
from tests.people.roll_files import HEAD, ROWS, text, xlsx

Summary = tuple[str, int, int, int, int]
Fact = tuple[str, str, str, int | None, str, str]


def read(place: Place, data: bytes, *, actor: Actor | None = None) -> str:
    """Send a file and have it read; the import's public id."""
    with place.here():
        public_id = roll.receive(actor or place.facilitator, place.community_id, data, "名册.xlsx")
        assert jobs.run_all(place.app.extensions["qiding.jobs"]) == 1
        return public_id


def apply(place: Place, data: bytes, *, gone: bool = False) -> str:
    """Send a file, have it read, and confirm it an hour later."""
    public_id = read(place, data)
    place.clock.advance(HOUR)
    with place.here():
        roll.confirm(place.facilitator, public_id, gone=gone)
    place.clock.advance(HOUR)
    return public_id


def summary(place: Place, public_id: str) -> Summary:
    """An import's state, and how many rows it adds, changes, misses and leaves."""
    with place.here():
        row = roll.find(public_id)
        return row.state, row.added, row.changed, row.gone, row.same


def facts(place: Place) -> list[Fact]:
    """The roll as it stands."""
    with place.here() as session:
        query = (
            select(Building.label, Entrance.label, Unit.room, Unit.floor_area, Unit.occupancy, Household.householder)
            .join(Entrance, Entrance.building_id == Building.id)
            .join(Unit, Unit.entrance_id == Entrance.id)
            .join(Household, (Household.unit_id == Unit.id) & Household.ended_at.is_(None))
            .where(Unit.gone_at.is_(None))
            .order_by(Building.sort, Entrance.label, Unit.room)
        )
        return [tuple(row) for row in session.execute(query)]  # type: ignore[misc]


FIRST: list[Fact] = [
    ("5", "1", "101", 8950, "owner", "张三"),
    ("5", "1", "102", 6000, "let", "李四"),
    ("5", "2", "201", 7325, "empty", "王五"),
    ("12", "", "1801", None, "", "赵六"),
]


def test_nothing_changes_before_a_file_is_confirmed(place: Place) -> None:
    public_id = read(place, xlsx(ROWS))
    assert summary(place, public_id) == ("ready", 4, 0, 0, 0)
    assert facts(place) == []
    with place.here() as session:
        assert rows_of(session, Unit) == 0
        staged = session.scalars(select(RollRowStaged).order_by(RollRowStaged.line)).all()
        assert [(row.line, row.room, row.change, row.before) for row in staged] == [
            (2, "101", "added", None),
            (3, "102", "added", None),
            (4, "201", "added", None),
            (5, "1801", "added", None),
        ]


def test_a_confirmed_file_is_the_roll(place: Place) -> None:
    public_id = apply(place, xlsx(ROWS))
    assert facts(place) == FIRST
    assert summary(place, public_id)[0] == "applied"
    with place.here() as session:
        assert [h.label for h in roll_households(place.community_id)][0] == "5号楼1单元101室"
        assert set(session.scalars(select(Household.since))) == {place.clock.now() - HOUR}
        assert len(set(session.scalars(select(Household.public_id)))) == 4
        assert dict(session.execute(select(Building.label, Building.sort)).all()) == {"5": 5, "12": 12}
        event = session.scalars(select(Event).where(Event.kind == "roll.imported")).one()
        assert (event.person_id, event.data["gone"]) == (place.facilitator.person_id, 0)
        body = json.loads(session.scalars(select(LogEntry.body).order_by(LogEntry.id.desc())).first() or "{}")
        assert (body["added"], body["changed"]) == (4, 0)
        assert "张三" not in json.dumps(body, ensure_ascii=False)


def test_one_bad_row_keeps_the_whole_file_out(place: Place) -> None:
    bad = [*ROWS, ("5", "1", "101", "李四", "60", ""), ("", "", "7", "", "", ""), ("6", "1", "1", "", "89.999", "")]
    public_id = read(place, text(bad, encoding="gb18030"))
    assert summary(place, public_id) == ("refused", 0, 0, 0, 0)
    with place.here() as session:
        row = roll.find(public_id)
        assert [(b["line"], str(roll.plain_to_phrase(b["problem"]))) for b in row.bad] == [
            (6, "The same unit stands in line 2 already."),
            (7, "The building is missing."),
            (8, "“89.999” has more than two decimals."),
        ]
        assert row.bad[0]["cells"][:5] == ["5", "1", "101", "李四", "60"]
        assert (rows_of(session, RollRowStaged), rows_of(session, Unit)) == (0, 0)
        with pytest.raises(Conflict):
            roll.confirm(place.facilitator, public_id, gone=False)


def test_the_spreadsheet_is_deleted_once_read_and_telephone_numbers_with_it(place: Place) -> None:
    lines = ["楼号,室号,户主,电话", "5,101,张三,13800000001", "5,,李四,13800000002"]
    public_id = read(place, "\n".join(lines).encode())
    with place.here():
        row = roll.find(public_id)
        assert row.state == "refused"
        assert "13800000002" not in json.dumps(row.bad, ensure_ascii=False)
        assert "李四" in json.dumps(row.bad, ensure_ascii=False)
        assert not media.path_of(row.file_sha256).exists()


def test_a_missing_column_is_said(place: Place) -> None:
    public_id = read(place, text(ROWS, ("楼号", "单元", "名字", *HEAD[3:])))
    with place.here():
        row = roll.find(public_id)
        assert row.state == "refused"
        assert "room" in str(roll.plain_to_phrase(row.problem or {}))
        assert row.bad == []


def test_the_same_file_twice_changes_nothing(place: Place) -> None:
    apply(place, xlsx(ROWS))
    with place.here() as session:
        before = session.execute(select(Unit.id, Unit.public_id, Household.id).join(Household)).all()
    again = read(place, text(ROWS[::-1], encoding="gb18030"))  # in another form and order, even
    assert summary(place, again) == ("ready", 0, 0, 0, 4)
    with place.here() as session:
        roll.confirm(place.facilitator, again, gone=True)
        assert session.execute(select(Unit.id, Unit.public_id, Household.id).join(Household)).all() == before
        digests = session.scalars(select(RollImport.digest)).all()
        assert len(digests) == 2
        assert len(set(digests)) == 1
    assert facts(place) == FIRST


LATER = [
    ("5", "1", "101", "张三", 90, "自住"),
    ROWS[1],
    ("5", "2", "201", "新王五", "73.25", "空关"),
    ("5", "3", "1", "钱七", 50, ""),
]


def test_a_later_file_shows_what_is_new_changed_and_gone(place: Place) -> None:
    apply(place, xlsx(ROWS))
    later = read(place, xlsx(LATER))
    assert summary(place, later) == ("ready", 1, 2, 1, 1)
    with place.here() as session:
        row = roll.find(later)
        assert roll.gone_units(place.community_id, row.id) == [("12", "", "1801")]
        staged = session.scalars(select(RollRowStaged).where(RollRowStaged.import_id == row.id).order_by("line")).all()
        assert [item.change for item in staged] == ["changed", "same", "changed", "added"]
        assert staged[0].before == {"floor_area": 8950, "occupancy": "owner", "householder": "张三"}
    assert facts(place) == FIRST


@pytest.mark.parametrize("gone", [False, True])
def test_who_is_gone_is_ended_only_when_that_was_confirmed(place: Place, gone: bool) -> None:
    apply(place, xlsx(ROWS))
    with place.here() as session:
        query = select(Household.public_id).join(Unit).where(Unit.room == "1801")
        household = session.scalars(query).one()
    resident = place.pair(place.code(household), "赵六")
    apply(place, xlsx(LATER), gone=gone)
    rooms = [fact[2] for fact in facts(place)]
    assert ("1801" in rooms) is not gone
    assert rooms[:4] == ["101", "102", "201", "1"]
    assert facts(place)[0][3] == 9000
    with place.here() as session:
        old = session.scalars(select(Household).where(Household.public_id == household)).one()
        assert (old.ended_at is not None) is gone
        assert (session.scalars(select(Device.ended_at)).one() is not None) is gone
        assert (session.scalars(select(HouseholdCode.ended_at)).one() is not None) is gone
        assert (session.get_one(Person, resident.person()).left_at is not None) is gone
        event = session.scalars(select(Event).where(Event.kind == "roll.imported").order_by(Event.id.desc())).first()
        assert event is not None
        assert event.data["gone"] == int(gone)


def test_who_comes_back_is_another_household_of_the_same_unit(place: Place) -> None:
    apply(place, xlsx(ROWS))
    with place.here() as session:
        unit = session.scalars(select(Unit.public_id).where(Unit.room == "1801")).one()
    apply(place, xlsx(LATER), gone=True)
    apply(place, xlsx(ROWS), gone=True)
    assert facts(place) == FIRST
    with place.here() as session:
        found = session.scalars(select(Unit).where(Unit.room == "1801")).one()
        assert (found.public_id, found.gone_at) == (unit, None)
        assert session.scalar(select(func.count()).select_from(Household).where(Household.unit_id == found.id)) == 2


def test_a_household_that_moved_out_meanwhile_is_not_brought_back(place: Place) -> None:
    apply(place, xlsx(ROWS))
    later = read(place, xlsx(LATER))
    with place.here() as session:
        first = session.scalars(select(Household).join(Unit).where(Unit.room == "101")).one().public_id
        following = desk.move_out(place.facilitator, first)
        roll.confirm(place.facilitator, later, gone=False)
        living = select(Household).join(Unit).where(Unit.room == "101", Household.ended_at.is_(None))
        assert session.scalars(living).one().public_id == following


def test_a_file_compared_with_an_older_roll_is_refused(place: Place) -> None:
    older = read(place, xlsx(ROWS))
    place.clock.advance(HOUR)
    apply(place, xlsx(LATER))
    with place.here(), pytest.raises(Conflict, match="applied meanwhile"):
        roll.confirm(place.facilitator, older, gone=True)
    assert len(facts(place)) == 4


def test_an_import_is_confirmed_once_and_never_after_it_was_dropped(place: Place) -> None:
    applied, dropped = apply(place, xlsx(ROWS)), read(place, xlsx(LATER))
    with place.here():
        roll.drop(place.facilitator, dropped)
        for public_id in (applied, dropped):
            with pytest.raises(Conflict, match="not waiting"):
                roll.confirm(place.facilitator, public_id, gone=False)
        with pytest.raises(Conflict, match="applied already"):
            roll.drop(place.facilitator, applied)
    assert facts(place) == FIRST


def test_a_roll_is_its_own_facilitators_matter(place: Place) -> None:
    public_id = read(place, xlsx(ROWS))
    resident = place.pair(place.code(place.household()))
    others = ((place.elsewhere, NotFound), (place.admin, NotFound), (NOBODY, NotFound), (resident, Forbidden))
    with place.here():
        for actor, refusal in others:
            with pytest.raises(refusal):
                roll.receive(actor, place.community_id, xlsx(ROWS), "a.xlsx")
            with pytest.raises(refusal):
                roll.confirm(actor, public_id, gone=True)
            with pytest.raises(refusal):
                roll.drop(actor, public_id)
        with pytest.raises(NotFound):
            roll.confirm(place.facilitator, "NOTHERE", gone=False)
        with pytest.raises(Invalid):
            roll.receive(place.facilitator, place.community_id, b"", "a.xlsx")
    assert summary(place, public_id)[0] == "ready"


def test_a_job_read_twice_stages_each_row_once(place: Place) -> None:
    data = xlsx(ROWS)
    public_id = read(place, data)
    with place.here() as session:
        row = roll.find(public_id)
        import_id = row.id
        media.keep(data)
        with roll.transaction() as tx:  # as if the worker had died before its last word
            tx.session.get_one(RollImport, import_id).state = "reading"
        roll.read_job(jobs.Claim(0, "roll.read", {"import": import_id}))
        roll.read_job(jobs.Claim(0, "roll.read", {"import": import_id}))
        assert rows_of(session, RollRowStaged) == 4
    assert summary(place, public_id) == ("ready", 4, 0, 0, 0)


def test_progress_of_a_long_file_is_seen(place: Place) -> None:
    rows = [("5", "1", str(room), "", "", "") for room in range(roll.CHUNK + 10)]
    read(place, text(rows))
    with place.here() as session:
        job = session.scalars(select(jobs.Job)).one()
        assert (job.state, job.done, job.total) == ("done", len(rows), len(rows))


def test_the_frozen_roll_of_a_vote_does_not_change(app: Flask, clock: FixedClock) -> None:
    world = votes.build(app, clock, residents=3)
    poll = world.announce()

    def frozen() -> list[tuple[object, ...]]:
        columns = [column for column in RollEntry.__table__.columns if column.name != "epoch"]
        with world.here() as session:
            return [tuple(row) for row in session.execute(select(*columns).order_by(RollEntry.id))]

    before = frozen()
    assert len(before) == 3
    with world.here():
        file = text([("6", "1", "101", "新人", "120", "出租"), ("7", "1", "1", "钱七", "50", "")])
        row = roll.import_file(world.facilitator, world.community_id, file, "名册.csv")
        assert (row.added, row.changed, row.gone) == (1, 1, 2)
        roll.confirm(world.facilitator, row.public_id, gone=True)
        assert len(roll_households(world.community_id)) == 2
    assert frozen() == before
    clock.advance(48 * HOUR)
    world.cast(0, poll)  # whoever stands on the frozen roll still has the vote


def test_the_command_line_says_what_it_would_do_and_does_it(place: Place, tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "good.xlsx").write_bytes(xlsx(ROWS))
    (folder / "bad.csv").write_bytes(text([("", "1", "101", "", "", "")]))
    runner: FlaskCliRunner = place.app.test_cli_runner()
    said = runner.invoke(args=["roll", "import", "ziteng", str(folder / "good.xlsx")])
    assert (said.exit_code, said.output) == (0, "4 added, 0 changed, 0 gone, 0 the same\n")
    assert facts(place) == []
    said = runner.invoke(args=["roll", "import", "ziteng", str(folder / "bad.csv"), "--yes"])
    assert said.exit_code == 1
    assert "line 2: The building is missing." in said.output
    said = runner.invoke(args=["roll", "import", "nowhere", str(folder / "good.xlsx")])
    assert said.exit_code == 1
    assert "Traceback" not in said.output
    place.clock.advance(HOUR)
    said = runner.invoke(args=["roll", "import", "ziteng", str(folder / "good.xlsx"), "--yes"])
    assert said.output.endswith("applied\n")
    assert facts(place) == FIRST


def test_a_code_works_after_a_later_file_named_the_household_again(place: Place) -> None:
    apply(place, xlsx(ROWS))
    with place.here() as session:
        household = session.scalars(select(Household).join(Unit).where(Unit.room == "101")).one().public_id
    code = place.code(household)
    apply(place, xlsx(LATER), gone=True)
    with place.here():
        assert sign_in.check_code(code, ADDRESS)
