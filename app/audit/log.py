"""A community's log against its events: one pass over both, in chunks, that also grows the tree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Text, cast, select

from app.audit.finding import Wrong, read_canonical, read_json
from app.ballots.early import CAST
from app.core.database import db, is_sqlite
from app.core.events import Event, LogEntry, LogHead
from app.engine.canonical import canon, sha256_hex, tagged
from app.engine.merkle import Tiles, Tree
from app.projects.models import Project

CHUNK = 2000
BEFORE_ALL = -(2**63)
# Rows of one side that wait for their other half. Sound logs need a few, where commands met; more end the pass.
MOST_WAITING = 5000
# Kinds of which entry and event are kept, because rows are compared with them later: a few for each project.
OBJECTIONS = (
    *("objection.withdrawn", "objection.disagreed", "objection.list_closed", "objection.drawn", "objection.weighed"),
    *("objection.answered", "objection.replied", "objection.settled"),
)
MOVED, PROLONGED, FAULTED, VOIDED = "decision.moved", "poll.prolonged", "poll.faulted", "poll.voided"
REDACTED = "words.redacted"
PAPER = (
    *("paper.issued", "paper.returned", "paper.ended", "paper.root_fixed", "paper.drawn", "paper.compared"),
    *("paper.scanned", "paper.sealed", "paper.reopened", "paper.helper_named", "paper.helper_ended"),
)
MEETINGS = (
    *("meeting.called", "meeting.changed", "meeting.cancelled", "meeting.opened", "meeting.ended"),
    *("meeting.entered", "meeting.attended", "meeting.struck"),
    *("minutes.offered", "minutes.confirmed", "minutes.frozen"),
)
KEPT = frozenset(
    (
        *("poll.announced", "poll.closed", "count.final", "record.published", REDACTED, MOVED, PROLONGED),
        *(FAULTED, VOIDED, "key.introduced", "key.rotated", "links.deleted", "household.disputed"),
        *("matter.classified", "authorisation.entered", "authorisation.revoked"),
        *("mandate.recorded", "mandate.revoked", "count.objected", "count.answered"),
        *("decision.adopted", "decision.reviewed", "panel.willing", "panel.said"),
        *("notice.posted", "notice.lengthened", "notice.extended", "notice.overtaken"),
        *OBJECTIONS,
        *PAPER,
        *MEETINGS,
        "dossier.brought",
    )
)
DRAFTED = "decision.drafted"
# Of these, rows are compared with the public part alone: their words can be removed.
OPEN = ("notice.posted", "meeting.called", "meeting.changed", "meeting.cancelled")
COMPARED = ("project.", "gate.")  # these are replayed, or compared with rows, from the events themselves
SEALED = "ballots.sealed"


class Happened(NamedTuple):
    """An event's row, its data read."""

    id: int
    project_id: int | None
    person_id: int | None
    kind: str
    at: int
    data: dict[str, Any]
    emptied: bool = False  # its words were removed, and its hash alone was kept


class Told(NamedTuple):
    """An entry of the log with its event."""

    body: dict[str, Any]
    event: Happened


@dataclass
class Log:
    """What a pass over a log leaves: the tree, and what rows are compared with."""

    grown: Tiles = field(default_factory=Tiles)
    kept: dict[str, list[Told]] = field(default_factory=dict)
    drafts: dict[str, Happened] = field(default_factory=dict)  # the newest of each decision
    proposed: dict[str, int | None] = field(default_factory=dict)  # who drafted each decision first
    # By sizes that were signed: the root there, and the hash of what the tree could have grown on from.
    reached: dict[int, tuple[str, str]] = field(default_factory=dict)
    tiles: list[str] = field(default_factory=list)
    marks: list[tuple[int, str, str]] = field(default_factory=list)  # place, subject, kind
    batches: Counter[tuple[str, int | None]] = field(default_factory=Counter)  # by poll and project
    early: dict[tuple[str, int | None], set[str]] = field(default_factory=dict)  # commitments, by poll and project
    emptied: dict[str, int] = field(default_factory=dict)  # events whose words were removed, by their hashes

    @property
    def tree(self) -> Tree:
        """The tree over what was read so far."""
        return self.grown.tree

    def append(self, body: dict[str, Any], text: str, signed: Collection[int]) -> None:
        """Let the tree grow by an entry."""
        tile = self.grown.append(text.encode())
        if tile is not None:
            self.tiles.append(tile.hex())
        if "poll" in body or "record" in body:
            subjects = {body[name] for name in ("poll", "record") if isinstance(body.get(name), str)}
            self.marks += [(body["seq"], subject, str(body.get("kind"))) for subject in sorted(subjects)]
        if self.tree.size in signed:
            self.reached[self.tree.size] = (self.tree.root().hex(), sha256_hex(self.tree.frontier()))

    def by(self, kind: str, key: str) -> dict[str, Told]:
        """The entries of a kind by what they speak of; raises where two speak of the same."""
        found: dict[str, Told] = {}
        for told in self.kept.get(kind, ()):
            name = told.body.get(key)
            if not isinstance(name, str) or name in found:
                raise Wrong("log", place(told.body), key, f"expected one entry {kind} for each {key}")
            found[name] = told
        return found

    def all_by(self, kind: str, key: str) -> dict[str, list[Told]]:
        """The entries of a kind by what they speak of, several of one included."""
        found: dict[str, list[Told]] = {}
        for told in self.kept.get(kind, ()):
            found.setdefault(str(told.body.get(key)), []).append(told)
        return found

    def newest(self, kinds: Iterable[str], key: str) -> dict[str, Told]:
        """The newest entry of some kinds for each thing that they speak of."""
        entries = sorted(
            (told for kind in kinds for told in self.kept.get(kind, ())), key=lambda told: told.body["seq"]
        )
        return {str(told.body.get(key)): told for told in entries}

    def keep(self, told: Told, projects: dict[int, str]) -> None:
        """Compare an entry with its event, and keep what later checks need."""
        body, event = told
        for name, value in (("kind", event.kind), ("at", event.at)):
            if body.get(name) != value:
                raise Wrong("log", place(body), name, f"expected {value!r}, as its event {event.id} has it")
        if event.kind.startswith("project.") and projects.get(event.project_id or 0) != body.get("project"):
            raise Wrong("event", event.id, "project_id", f"expected the project that {place(body)} of the log names")
        if event.emptied:
            if event.kind in {*KEPT, DRAFTED, CAST, SEALED} - {*OPEN} or event.kind.startswith(COMPARED):
                raise Wrong("event", event.id, "data", "expected what rows are compared with: it can't be removed")
            self.emptied[body["event"]] = event.id
        if event.kind in KEPT:
            self.kept.setdefault(event.kind, []).append(told)
        elif event.kind == DRAFTED:
            self._keep_draft(event)
        elif event.kind == CAST:
            bound = event.data.get("commitment")
            if event.data.get("poll") != body.get("poll") or not isinstance(bound, str) or event.person_id is not None:
                raise Wrong(
                    "event", event.id, "data", f"expected a ballot of the poll that {place(body)} tells, no person"
                )
            self.early.setdefault((str(body["poll"]), event.project_id), set()).add(bound)
        elif event.kind == SEALED:
            if not isinstance(body.get("poll"), str):
                raise Wrong("log", place(body), "poll", "expected the poll whose ballots it seals")
            if event.person_id is not None:
                raise Wrong("event", event.id, "person_id", "expected nobody: an event of ballots names no person")
            self.batches[body["poll"], event.project_id] += 1

    def _keep_draft(self, event: Happened) -> None:
        name = str(event.data.get("decision"))
        before = self.drafts.get(name)
        if before is not None and before.project_id != event.project_id:
            raise Wrong("event", event.id, "project_id", f"expected the project of event {before.id}, of one decision")
        self.drafts[name] = event
        self.proposed.setdefault(name, event.person_id)


def place(body: dict[str, Any]) -> str:
    """An entry as it is named."""
    return f"entry {body['seq']}"


def read_entry(number: int, seq: int, text: str) -> dict[str, Any]:
    """The body of the entry that is to stand at ``number``."""
    if seq != number:
        raise Wrong("log", f"entry {number}", "seq", f"expected entry {number}, and the next one there is entry {seq}")
    body: dict[str, Any] = read_canonical("log", f"entry {seq}", "body", text)
    if body.get("seq") != seq:
        raise Wrong("log", f"entry {seq}", "body", f"expected the number {seq} in it too")
    said = body.get("event")
    if not isinstance(said, str) or len(said) != 64:
        raise Wrong("log", f"entry {seq}", "body", "expected the hash of an event in it")
    return body


class Row(NamedTuple):
    """An event as it is stored."""

    id: int
    project_id: int | None
    person_id: int | None
    kind: str
    at: int
    data: str
    salt: bytes
    hash: str


def read_event(row: Row) -> tuple[str, Happened]:
    """An event with its salted hash, computed from what is stored."""
    data = read_json("event", row.id, "data", row.data)
    if row.hash:
        if data != {} or row.salt:
            raise Wrong("event", row.id, "data or salt", "expected nothing in it: its words were removed")
        return row.hash, Happened(row.id, row.project_id, row.person_id, row.kind, row.at, data, emptied=True)
    try:
        hashed = tagged("qiding/event/v1", canon({"kind": row.kind, "at": row.at, "data": data}), row.salt).hex()
    except (ValueError, RecursionError):
        raise Wrong("event", row.id, "data", "expected what has a canonical form") from None
    if not isinstance(data, dict):
        raise Wrong("event", row.id, "data", "expected a JSON object")
    return hashed, Happened(row.id, row.project_id, row.person_id, row.kind, row.at, data)


class Pairs:
    """Entries and events matched by the hash, whichever comes first; only what waits for its other half is held."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[str, Any]] = {}
        self.events: dict[str, Happened] = {}

    def entry(self, body: dict[str, Any]) -> Told | None:
        """The entry with its event, when that was here already."""
        event = self.events.pop(body["event"], None)
        if event is not None:
            return Told(body, event)
        if body["event"] in self.entries:
            raise Wrong("log", place(body), "event", f"expected another event than that of {self._first_entry()}")
        self.entries[body["event"]] = body
        return None

    def event(self, hashed: str, event: Happened) -> Told | None:
        """The event with its entry, when that was here already."""
        body = self.entries.pop(hashed, None)
        if body is not None:
            return Told(body, event)
        if hashed in self.events:
            raise Wrong("event", event.id, "salt", f"expected a hash of its own, and event {self.events[hashed].id}'s")
        self.events[hashed] = event
        return None

    @property
    def waiting(self) -> int:
        """How many have not met their other half."""
        return max(len(self.entries), len(self.events))

    def _first_entry(self) -> str:
        return place(min(self.entries.values(), key=lambda body: int(body["seq"])))

    def end(self) -> None:
        """Raise when an entry or an event was left alone."""
        if not self.waiting:
            return
        alone = min(self.events.values(), key=lambda event: event.id) if self.events else None
        if alone is None:
            first = self._first_entry()
            raise Wrong("log", first, "event", "expected the event whose hash it holds; there is none")
        if self.entries:
            first = self._first_entry()
            raise Wrong("event", alone.id, "hash", f"expected the hash that {first} of the log holds; one was changed")
        raise Wrong("event", alone.id, "hash", "expected an entry of the log that holds its hash; there is none")


def read_log(community_id: int, heads: Iterable[tuple[int, str]] = (), signed: Collection[int] = ()) -> Log:
    """Read a community's whole log and all its events; raises at the first thing that is wrong.

    ``signed`` are the sizes of checkpoints.
    ``heads`` are sizes and roots noted earlier, by whoever doesn't trust this database: they must be roots of it.
    """
    log, pairs, known = Log(), Pairs(), dict(heads)
    projects = dict(db.session.execute(select(Project.id, Project.public_id)).all())
    seq, event_id = BEFORE_ALL, BEFORE_ALL
    _compare(log.tree, known)
    while True:
        entries = _entries(community_id, seq)
        events = _events(community_id, event_id)
        for seq, text in entries:
            body = read_entry(log.tree.size, seq, text)
            log.append(body, text, signed)
            if log.tree.size in known:
                _compare(log.tree, known)
            told = pairs.entry(body)
            if told is not None:
                log.keep(told, projects)
        for row in events:
            event_id = row.id
            told = pairs.event(*read_event(row))
            if told is not None:
                log.keep(told, projects)
        if pairs.waiting > MOST_WAITING:
            pairs.end()
        if len(entries) < CHUNK and len(events) < CHUNK:
            break
        if len(entries) == len(events) == CHUNK:
            _breathe()
    pairs.end()
    _check_head(community_id, log.tree.size)
    beyond = [size for size in known if size > log.tree.size]
    if beyond:
        raise Wrong("log", f"entry {log.tree.size}", "seq", f"expected {max(beyond)} entries, as was noted earlier")
    return log


def tree_of(community_id: int) -> Tree:
    """The tree over a log as it is stored, nothing compared."""
    tree, seq = Tree(), BEFORE_ALL
    while True:
        entries = _entries(community_id, seq)
        for seq, text in entries:  # noqa: B007
            tree.append(text.encode())
        if len(entries) < CHUNK:
            return tree


def _entries(community_id: int, after: int) -> list[tuple[int, str]]:
    query = select(LogEntry.seq, LogEntry.body).where(LogEntry.community_id == community_id, LogEntry.seq > after)
    return list(db.session.execute(query.order_by(LogEntry.seq).limit(CHUNK)).all())


def _events(community_id: int, after: int) -> list[Row]:
    # The data as text: what was stored is read here, and can be named when it can't be read.
    stored = (cast(Event.data, Text), Event.salt, Event.hash)
    columns = (Event.id, Event.project_id, Event.person_id, Event.kind, Event.at, *stored)
    query = select(*columns).where(Event.community_id == community_id, Event.id > after)
    return [Row(*row) for row in db.session.execute(query.order_by(Event.id).limit(CHUNK))]


def _compare(tree: Tree, known: dict[int, str]) -> None:
    wanted = known.get(tree.size)
    if wanted is not None and tree.root().hex() != wanted:
        raise Wrong("log", f"entries 0 to {tree.size - 1}", "body", f"expected the root {wanted}, noted earlier")


def _check_head(community_id: int, size: int) -> None:
    found = db.session.scalar(select(LogHead.size).where(LogHead.community_id == community_id))
    if found != size:
        raise Wrong("log_head", f"of {size} entries", "size", f"expected {size}, as many as there are entries")


def _breathe() -> None:
    """Let writers in, on SQLite: they wait for whoever reads. Nothing that was read so far can change lawfully."""
    if is_sqlite():
        db.session.rollback()
