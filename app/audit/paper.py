"""Sheets of paper against the log: how many were issued, where each one is, and that a counted one has its ballot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from app.audit.finding import Wrong, same
from app.audit.log import PAPER, Happened, Log, Told, place
from app.audit.readings import check_readings
from app.ballots.models import Ballot, RollEntry, SlotLink
from app.core.database import db
from app.core.media import Media
from app.engine import sheets
from app.paper.models import PaperCheck, PaperDraw, PaperHelper, PaperSheet
from app.paper.seal import SEALED
from app.people.models import Person

# How a sheet may stand when the log tells of it again, or when it will: seal.py. Before it, the log told each step at once.
_LATER = {
    sheets.ISSUED: {sheets.RETURNED, *sheets.ENDS},
    sheets.RETURNED: set(sheets.ENDS),
    sheets.VALID: {sheets.OVERTAKEN},
}


class Story:
    """What the log tells of a poll's sheets: followed entry by entry."""

    def __init__(self, poll: Any) -> None:
        self.poll = poll
        self.closes_at: int = poll.prolonged_until or poll.closes_at
        self.event = Happened(0, None, None, "", 0, {})  # that which is followed now
        self.states: dict[str, str] = {}
        self.returned: dict[str, int] = {}
        self.ended: dict[str, int | None] = {}
        self.compared: dict[str, tuple[bool, int | None, int]] = {}  # whether it is the same, by whom, when
        self.issued: dict[str, tuple[int | None, int, bool | None]] = {}  # by whom, when, whether to a unit
        self.reopened: Counter[str] = Counter()
        self.turns: Counter[str] = Counter()
        self.helpers: dict[str, tuple[int | None, int, int | None]] = {}  # named by whom, when, and when it ended
        self.draw: dict[str, Any] = {}
        self.scans: dict[str, str] = {}

    def follow(self, told: Told) -> None:
        """Take one entry in; raises where it doesn't follow from those before."""
        body, event = told
        self.event = event
        same("event", event.id, "project_id", event.project_id, self.poll.project_id, "its poll tells")
        try:
            if event.kind == SEALED:
                self._sealed(body, event.data)
            else:
                getattr(self, f"_{event.kind.removeprefix('paper.')}")(body)
        except (KeyError, TypeError, ValueError):
            raise Wrong("log", place(body), "body", "expected what follows from the entries before it") from None

    def _serial(self, number: int) -> str:
        return sheets.serial(self.poll.public_id, number)

    def _issued(self, body: dict[str, Any]) -> None:
        if body["first"] != len(self.states) + 1 or body["last"] < body["first"]:
            raise Wrong("log", place(body), "first", "expected that sheets are numbered on from the last")
        made = [self._serial(number) for number in range(body["first"], body["last"] + 1)]
        self.states |= dict.fromkeys(made, sheets.ISSUED)
        self.issued |= dict.fromkeys(made, (self.event.person_id, body["at"], body.get("named")))

    def _returned(self, body: dict[str, Any]) -> None:
        if body["at"] >= self.closes_at:
            raise Wrong("log", place(body), "at", "expected an hour before the close")
        for name in map(self._serial, body["numbers"]):
            self._move(name, {sheets.ISSUED}, sheets.RETURNED)
            self.returned[name] = body["at"]

    def _ended(self, body: dict[str, Any]) -> None:
        name, state = body["sheet"], body["state"]
        if state not in sheets.ENDS:
            raise ValueError(state)
        self._move(name, {sheets.RETURNED, sheets.VALID} if state == sheets.OVERTAKEN else {sheets.RETURNED}, state)
        self.ended[name] = body["at"]

    def _scanned(self, body: dict[str, Any]) -> None:
        if body["sheet"] in self.scans or self.states[body["sheet"]] == sheets.ISSUED:
            raise ValueError(body["sheet"])
        self.scans[body["sheet"]] = body["sha256"]

    def _sealed(self, body: dict[str, Any], data: dict[str, Any]) -> None:
        """Sheets that the log tells of from the close on: how each stands, its scan, and when, behind the event's hash."""
        if body["at"] < self.closes_at:
            raise Wrong("log", place(body), "at", "expected nothing of a sheet before the close")
        hours = {number: (returned, ended) for number, returned, ended in data["hours"]}
        scans = dict(body["scans"])
        if [number for number, _ in body["sheets"]] != list(hours):
            raise ValueError("sheets")
        for number, state in body["sheets"]:
            name, (returned, ended) = self._serial(number), hours[number]
            scan = scans.pop(number, "")
            if state != self.states[name]:
                self._move(name, {before for before, after in _LATER.items() if state in after}, state)
            elif scan == self.scans.get(name, ""):
                raise ValueError(name)  # nothing new of it
            if self.scans.get(name, scan) != scan or returned != self.returned.get(name, returned):
                raise ValueError(name)
            if not self.poll.opens_at <= returned < self.closes_at or not returned <= (ended or returned) <= body["at"]:
                raise ValueError(name)
            self.returned[name], self.ended[name] = returned, ended
            if scan:
                self.scans[name] = scan
        if scans:
            raise ValueError("scans")

    def _reopened(self, body: dict[str, Any]) -> None:
        name = body["sheet"]
        self._move(name, {sheets.VALID, sheets.SPOILT, sheets.BLANK}, sheets.RETURNED)
        self.ended[name] = None
        self.reopened[name] += 1
        self.turns[name] += 1

    def _helper_named(self, _body: dict[str, Any]) -> None:
        name = self.event.data["person"]
        by, at, _ = self.helpers.get(name, (self.event.person_id, self.event.at, None))
        self.helpers[name] = (by, at, None)

    def _helper_ended(self, _body: dict[str, Any]) -> None:
        name = self.event.data["person"]
        by, at, _ = self.helpers.get(name, (self.event.person_id, self.event.at, None))
        self.helpers[name] = (by, at, self.event.at)

    def _move(self, name: str, before: set[str], to: str) -> None:
        if self.states[name] not in before:
            raise ValueError(name)
        self.states[name] = to

    def _root_fixed(self, body: dict[str, Any]) -> None:
        self.draw = {"log_root": body["root"], "log_size": body["size"], "fixed_at": body["at"]}
        self.draw |= {"dice": "", "seed": "", "serials": [], "drawn_at": None}
        if body["size"] != body["seq"]:
            raise ValueError(body["size"])

    def _drawn(self, body: dict[str, Any]) -> None:
        seed = sheets.seed(self.draw["log_root"], sheets.read_dice(body["dice"]))
        counted = [name for name, state in self.states.items() if state == sheets.VALID]
        if (body["seed"], body["sheets"]) != (seed, sheets.draw(seed, counted)):
            raise Wrong("log", place(body), "sheets", "expected those that seed and rule draw")
        self.draw |= {"dice": body["dice"], "seed": seed, "serials": body["sheets"], "drawn_at": body["at"]}

    def _compared(self, body: dict[str, Any]) -> None:
        if body["sheet"] in self.compared:
            raise ValueError(body["sheet"])
        self.compared[body["sheet"]] = (body["same"], self.event.person_id, body["at"])
        if not body["same"]:
            self._move(body["sheet"], {sheets.VALID}, sheets.RETURNED)
            self.ended[body["sheet"]] = None
            self.turns[body["sheet"]] += 1


def stories(log: Log, polls: Iterable[Any]) -> dict[int, Story]:
    """What the log tells of the sheets of each of these polls."""
    found = {poll.public_id: Story(poll) for poll in polls}
    told = sorted((item for kind in PAPER for item in log.kept.get(kind, ())), key=lambda item: int(item.body["seq"]))
    for item in told:
        story = found.get(str(item.body.get("poll")))
        if story is None:
            raise Wrong("log", place(item.body), "poll", "expected a poll of this community")
        story.follow(item)
    return {story.poll.id: story for story in found.values()}


def check_paper(story: Story) -> None:
    """Compare a poll's sheets, their draw and their ballots with what the log tells of them."""
    poll = story.poll
    query = select(PaperSheet.__table__, Media.sha256.label("picture"))
    query = query.outerjoin(Media, Media.public_id == PaperSheet.scan).where(PaperSheet.poll_id == poll.id)
    named = {row.serial: row for row in db.session.execute(query)}
    if set(named) != set(story.states):
        raise Wrong(
            "paper_sheet", f"of {poll.public_id}", "serial", f"expected the {len(story.states)} that were issued"
        )
    for serial, row in named.items():
        same("paper_sheet", serial, "number", sheets.serial(poll.public_id, row.number), serial, "its serial tells")
        # Pictures end with the links; their hashes stay.
        burnt = poll.links_deleted_at is not None and not row.scan
        if not burnt and ((row.picture or "") != row.scan_sha256 or bool(row.scan) != bool(row.scan_sha256)):
            raise Wrong("paper_sheet", serial, "scan, scan_sha256", "expected the picture whose hash stands beside it")
        by, at, to_unit = story.issued[serial]
        same("paper_sheet", serial, "issued_by_id", row.issued_by_id, by, "the log tells")
        same("paper_sheet", serial, "issued_at", row.issued_at, at, "the log tells")
        same("paper_sheet", serial, "turn", row.turn, 1 + story.turns[serial], "the log tells")
        if to_unit is not None:  # entries of before don't tell it
            same("paper_sheet", serial, "named", row.named, to_unit, "the log tells")
        if not row.sealed and _may_wait(story, serial, row):
            continue
        same("paper_sheet", serial, "state", row.state, story.states[serial], "the log tells")
        same("paper_sheet", serial, "returned_at", row.returned_at, story.returned.get(serial), "the log tells")
        same("paper_sheet", serial, "ended_at", row.ended_at, story.ended.get(serial), "the log tells")
        same("paper_sheet", serial, "scan_sha256", row.scan_sha256, story.scans.get(serial, ""), "the log tells")
    _check_ballots(poll, named)
    _check_later(poll, named)
    _check_sample(story, named)
    _check_helpers(story)
    check_readings(poll, {row.id: row for row in named.values()})


def _may_wait(story: Story, serial: str, row: Any) -> bool:
    """Whether the log may not tell all of a sheet yet: until the count, where it goes on from what is told."""
    told, returned = story.states[serial], story.returned.get(serial)
    goes_on = row.state == told or row.state in _LATER.get(told, ())
    return story.poll.settled_at is None and goes_on and returned in (None, row.returned_at)


def _check_later(poll: Any, named: dict[str, Any]) -> None:
    """Of the sheets of one unit the later one counts. While it is known whose they are, and no dispute came between."""
    units: dict[int, list[Any]] = {}
    for row in named.values():
        if row.roll_entry_id is not None and row.state in (sheets.VALID, sheets.OVERTAKEN):
            units.setdefault(row.roll_entry_id, []).append(row)
    disputed = set(
        db.session.scalars(select(RollEntry.id).where(RollEntry.poll_id == poll.id, RollEntry.disputed_at.is_not(None)))
    )
    for rows in (rows for unit, rows in units.items() if unit not in disputed):
        last = max(rows, key=lambda row: (row.returned_at, row.number))
        for row in rows:
            if row.state == sheets.VALID and row is not last:
                raise Wrong(
                    "paper_sheet", row.serial, "state", f"expected that {last.serial}, which came later, counts"
                )
    if poll.paper != "last" or poll.settled_at is not None:
        query = select(RollEntry.id).where(RollEntry.poll_id == poll.id, RollEntry.online_at.is_not(None))
        found = db.session.scalar(query.limit(1))
        if found is not None:
            raise Wrong("roll_entry", found, "online_at", "expected no hour: none is kept but for sheets to be read")


def _check_ballots(poll: Any, named: dict[str, Any]) -> None:
    query = (
        select(Ballot.public_id, Ballot.serial, Ballot.live, SlotLink.roll_entry_id)
        .outerjoin(SlotLink, SlotLink.slot_id == Ballot.slot_id)
        .where(Ballot.poll_id == poll.id, Ballot.channel == "paper")
    )
    live: set[str] = set()
    for row in db.session.execute(query):
        sheet = named.get(row.serial)
        if sheet is None:
            raise Wrong("ballot", row.public_id, "serial", "expected the number of a sheet that was issued")
        if None not in (row.roll_entry_id, sheet.roll_entry_id) and row.roll_entry_id != sheet.roll_entry_id:
            raise Wrong("paper_sheet", row.serial, "roll_entry_id", "expected the unit whose ballot it became")
        if row.live and (row.serial in live or not (sheet.state == sheets.VALID or sheet.turn > 1)):
            raise Wrong("ballot", row.public_id, "live", "expected that its sheet counts, and once")
        if row.live:
            live.add(row.serial)
    for serial, sheet in named.items():
        if sheet.state == sheets.VALID and serial not in live:
            raise Wrong("paper_sheet", serial, "state", "expected a ballot that counts; there is none")


def _check_sample(story: Story, named: dict[str, Any]) -> None:
    row = db.session.execute(select(PaperDraw.__table__).where(PaperDraw.poll_id == story.poll.id)).one_or_none()
    found = dict(row._mapping) if row is not None else {}
    for field in ("log_root", "log_size", "fixed_at", "dice", "seed", "serials", "drawn_at"):
        if found.get(field) != story.draw.get(field):
            raise Wrong("paper_draw", f"of {story.poll.public_id}", field, "expected what the log tells")
    by_id = {sheet.id: serial for serial, sheet in named.items()}
    query = select(PaperCheck.__table__).join(PaperSheet, PaperSheet.id == PaperCheck.sheet_id)
    checks = db.session.execute(query.where(PaperSheet.poll_id == story.poll.id)).all()
    if {by_id[check.sheet_id] for check in checks} != set(story.compared):
        raise Wrong("paper_check", f"of {story.poll.public_id}", "sheet_id", "expected what the log tells")
    for check in checks:
        told = story.compared[by_id[check.sheet_id]]
        for field, value in zip(("same", "person_id", "at"), told, strict=True):
            same("paper_check", check.id, field, getattr(check, field), value, "the log tells")


def _check_helpers(story: Story) -> None:
    left = dict(story.helpers)
    query = select(PaperHelper.__table__, Person.public_id.label("person"))
    query = query.join(Person, Person.id == PaperHelper.person_id).where(PaperHelper.poll_id == story.poll.id)
    for row in db.session.execute(query):
        if row.person not in left:
            raise Wrong("paper_helper", row.public_id, "person_id", "expected somebody whom the log's events name")
        for field, value in zip(("named_by_id", "at", "ended_at"), left.pop(row.person), strict=True):
            same("paper_helper", row.public_id, field, getattr(row, field), value, "the log tells")
    if left:
        raise Wrong("paper_helper", f"of {story.poll.public_id}", "id", "expected all whom the log's events name")
