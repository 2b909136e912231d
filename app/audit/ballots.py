"""Ballots against their commitments, their chain, the batches that sealed them, and the count that was stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, select

from app.audit.finding import Wrong, read_canonical, read_json, same
from app.audit.log import Told, place
from app.ballots.course import ANSWERED
from app.ballots.early import early_body
from app.ballots.models import Ballot, Batch, Objection, RollEntry, Slot, SlotLink
from app.ballots.put import ballot_body, ballot_place
from app.ballots.seal import SEALED
from app.core.database import db
from app.core.events import LogEntry
from app.engine.canonical import channel_mark, commitment, opening, tagged
from app.engine.objections import ended
from app.engine.voting import RULES, Rule

CHUNK = 2000


@dataclass
class Ends:
    """What the log tells of a poll's counts: at its close, and when they were made final."""

    closed: Told | None
    final: Told | None
    reopened: Mapping[str, int]  # how often each sheet of paper was read anew after the count
    late: frozenset[int] = frozenset()  # batches that were sealed after the close

    def with_late(self, poll: Any) -> Ends:
        """The same, with the batches that correct the count of the close."""
        if self.closed is None:
            return self
        query = select(Batch.id).where(Batch.poll_id == poll.id, Batch.seq > self.closed.body["seq"])
        return replace(self, late=frozenset(db.session.scalars(query)))


class Count:
    """Ballots as they are counted again: by stance, by area, and their commitments."""

    def __init__(self, rule: Rule) -> None:
        self.counts = {stance.key: 0 for stance in rule.stances}
        self.areas = dict(self.counts)
        self.bound: list[bytes] = []

    def add(self, row: Any) -> None:
        """Count a ballot."""
        self.counts[row.stance] += 1
        self.areas[row.stance] += row.area or 0
        self.bound.append(bytes.fromhex(row.commitment))

    @property
    def hash(self) -> str:
        """What binds the ballots that count."""
        return tagged("qiding/ballots/v1", *sorted(self.bound)).hex()


def check_ballots(poll: Any, ends: Ends, moved: dict[str, Told], early: Collection[str] = ()) -> int:
    """Check a poll's ballots, slot by slot, and its stored count; returns how many ballots, replaced ones included.

    The newest entries of objections that belong here are taken out of ``moved``. ``early`` are the commitments of
    ballots that were told one by one, before batches: they were made in the form of that time, and all must be here.
    """
    left = set(early)
    rule = RULES[poll.rule]
    objections = _objections(poll.id)
    live, at_close = Count(rule), Count(rule)
    corrections: Counter[str] = Counter()
    total, after, taken = 0, None, None
    with db.session.execute(_ballots(poll.id)) as rows:
        for row in rows:
            if after is not None and (row.slot_id != after.slot_id or row.slot_id is None):
                _check_first(after)
                after = None
            _check_chain(row, after)
            check_content(poll.public_id, row, rule, early=row.commitment in left)
            left.discard(row.commitment)
            _check_objection(poll, row, rule, objections.pop(row.id, None), moved)
            if row.live:
                live.add(row)
            if row.batch_id in ends.late:
                corrections[row.serial or ""] += 1
                if corrections[row.serial or ""] > ends.reopened.get(row.serial or "", 0):
                    raise Wrong("ballot", row.public_id, "batch_id", "expected a batch from before the close")
            elif row.slot_id is None or row.slot_id != taken:
                taken = row.slot_id
                at_close.add(row)
            after, total = row, total + 1
    if after is not None:
        _check_first(after)
    for row in objections.values():
        raise Wrong("objection", row.public_id, "ballot_id", "expected a ballot of its own poll")
    if left:
        raise Wrong(
            "ballot", f"of {poll.public_id}", "commitment", "expected each ballot that the log told of, one by one"
        )
    for count, told in ((at_close, ends.closed), (live, ends.final)):
        if rule.by_area and poll.links_deleted_at is not None and told is not None:
            count.areas = told.body.get("areas", {})  # no ballot leads to its area any longer: what the log says stands
    _check_count(poll, rule, at_close, ends)
    _check_final(poll, rule, live, ends.final)
    return total


def check_content(poll: str, row: Any, rule: Rule, *, early: bool = False) -> None:
    """Whether a ballot is what was committed to. Says nothing of what stands in it."""
    choice = read_canonical("ballot", row.public_id, "choice", row.choice)
    if choice.get("stance") != row.stance:
        raise Wrong("ballot", row.public_id, "stance", "expected the stance of its own choice")
    if early:
        body, nonce = early_body(poll, row.code, row.seq, choice), row.nonce
    else:
        mark = channel_mark(row.channel, row.serial or "", row.helper, row.nonce)
        body, nonce = (
            ballot_body(poll, ballot_place(row.code, row.seq, row.public_id), choice, mark),
            opening(row.nonce),
        )
    if commitment(body, nonce).hex() != row.commitment:
        raise Wrong("ballot", row.public_id, "commitment", "expected that of its content and nonce")
    if row.channel == "web" and (row.serial is not None or row.helper):
        raise Wrong("ballot", row.public_id, "serial, helper", "expected none: it was cast online")
    if row.stance not in {stance.key for stance in rule.stances}:
        raise Wrong("ballot", row.public_id, "stance", f"expected one that the rule {rule.key} has")


def _ballots(poll_id: int) -> Select[Any]:
    """A poll's ballots, those of a slot together, the newest first."""
    return (
        select(Ballot.__table__, Slot.code, RollEntry.area)
        .outerjoin(Slot, Slot.id == Ballot.slot_id)
        .outerjoin(SlotLink, SlotLink.slot_id == Ballot.slot_id)
        .outerjoin(RollEntry, RollEntry.id == SlotLink.roll_entry_id)
        .where(Ballot.poll_id == poll_id)
        .order_by(Ballot.slot_id, Ballot.seq.desc())
        .execution_options(yield_per=CHUNK)
    )


def _check_chain(row: Any, after: Any) -> None:
    """The ballots of a slot, the newest first: it alone counts, and each replaced the one numbered before it."""
    if after is None:
        if not row.live:
            raise Wrong("ballot", row.public_id, "live", "expected that it counts: it is the last one of its slot")
        return
    if row.live:
        raise Wrong("ballot", row.public_id, "live", "expected that it counts no more: another one replaced it")
    if after.supersedes_id != row.id:
        raise Wrong("ballot", after.public_id, "supersedes_id", "expected the ballot before it in its slot")
    same("ballot", after.public_id, "seq", after.seq, row.seq + 1, "the slot's ballots are numbered")


def _check_first(row: Any) -> None:
    same("ballot", row.public_id, "seq", row.seq, 1, "it is the first one of its slot")
    same("ballot", row.public_id, "supersedes_id", row.supersedes_id, None, "it is the first one of its slot")


def _objections(poll_id: int) -> dict[int, Any]:
    """The objections of a poll by their ballots, and those that only say that they are of this poll."""
    query = (
        select(Objection.__table__)
        .join(Ballot, Ballot.id == Objection.ballot_id)
        .where((Objection.poll_id == poll_id) | (Ballot.poll_id == poll_id))
    )
    return {row.ballot_id: row for row in db.session.execute(query)}


def _check_objection(poll: Any, row: Any, rule: Rule, found: Any, moved: dict[str, Told]) -> None:
    if row.stance not in rule.objects:
        if found is not None:
            raise Wrong("objection", found.public_id, "ballot_id", "expected a ballot that objects")
        return
    if found is None:
        raise Wrong("objection", f"of ballot {row.public_id}", "id", "expected a row for this ballot; there is none")
    same("objection", found.public_id, "poll_id", found.poll_id, poll.id, "its ballot tells")
    told = moved.get(found.public_id)
    said = told.event.data if told is not None else {}
    for field, empty in ANSWERED.items():
        value = getattr(found, field)
        same("objection", found.public_id, field, value, said.get(field, empty), "its newest event tells")
    if told is not None and told.body.get("poll") == poll.public_id and row.live:
        moved.pop(found.public_id)
        same("event", told.event.id, "project_id", told.event.project_id, poll.project_id, "its poll tells")
        state = told.body.get("state", "withdrawn")
        same("objection", found.public_id, "state", found.state, state, f"{place(told.body)} of the log tells")
        at = told.event.at if ended(found.state) else None
        same("objection", found.public_id, "ended_at", found.ended_at, at, f"{place(told.body)} tells")
        return
    wanted, why = ("raised", "no entry ends it") if row.live else ("withdrawn", "its ballot was replaced")
    same("objection", found.public_id, "state", found.state, wanted, why)
    same("objection", found.public_id, "ended_at", found.ended_at, None, why)


def _check_count(poll: Any, rule: Rule, box: Count, ends: Ends) -> None:
    counts, name = box.counts, poll.public_id
    if ends.closed is None:
        same("poll", name, "settled_at", poll.settled_at, None, "no entry of the log closes it")
        if read_json("poll", name, "tally", poll.tally) is not None:
            raise Wrong("poll", name, "tally", "expected nothing: no entry of the log closes it")
        return
    body, event = ends.closed
    entry = place(body)
    same("poll", name, "settled_at", poll.settled_at, event.at, f"{entry} of the log tells")
    same("poll", name, "project_id", poll.project_id, event.project_id, f"{entry} of the log tells")
    cast, by_area = len(box.bound), {"areas": dict(box.areas)} if rule.by_area else {}
    closes_at = poll.prolonged_until or poll.closes_at
    recount = {"closed": closes_at, "cast": cast, "counts": counts, "ballots": box.hash, **by_area}
    for field, value in recount.items():
        if body.get(field) != value:
            raise Wrong("poll", name, f"{field} at the close", f"expected by a recount what {entry} of the log tells")
    tally = {"counts": counts, "cast": cast, "standing": sum(counts[key] for key in rule.objects), **by_area}
    stored = read_json("poll", name, "tally", poll.tally)
    rings = read_json("poll", name, "rings", poll.rings)
    if isinstance(stored, dict) and "final_areas" in stored:
        said = ends.final.body.get("areas") if ends.final is not None else None
        if stored.pop("final_areas") != said:
            raise Wrong("poll", name, "tally", "expected the areas that the log made final")
    if rings and isinstance(stored, dict):
        # How many of a ring cast is stored, and the log tells only whether that was a third.
        by_ring = stored.pop("rings", {})
        enough = {key: 3 * by_ring.get(key, 0) >= ring["members"] for key, ring in rings.items()}
        if body.get("rings") != enough:
            raise Wrong("poll", name, "rings at the close", f"expected what {entry} of the log tells")
    if stored != tally:
        raise Wrong("poll", name, "tally", "expected what a recount of its ballots gives")


def _check_final(poll: Any, rule: Rule, box: Count, final: Told | None) -> None:
    """A final count: when the log tells of one, with the numbers that the ballots give."""
    name = poll.public_id
    if final is None:
        same("poll", name, "final_at", poll.final_at, None, "no entry of the log makes its count final")
        return
    entry = place(final.body)
    same("poll", name, "final_at", poll.final_at, final.event.at, f"{entry} of the log tells")
    areas = dict(box.areas) if rule.by_area else {}
    recount: dict[str, Any] = {"cast": len(box.bound), "counts": box.counts, "areas": areas}
    if "ballots" in final.body:  # entries of before corrections don't bind them once more
        recount["ballots"] = box.hash
    for field, value in recount.items():
        if final.body.get(field) != value:
            raise Wrong("poll", name, f"{field} of the final count", f"expected by a recount what {entry} tells")


def check_batches(poll: Any, entries: int, early: Collection[str] = ()) -> None:
    """Whether each sealed ballot stands in exactly one batch, each batch in its entry, and nothing was left at the close.

    ``early`` were told one by one, before batches: after an update they are in the log, and wait for the next tick.
    """
    name = poll.public_id
    batches = db.session.execute(select(Batch.__table__).where(Batch.poll_id == poll.id).order_by(Batch.number)).all()
    if len(batches) != entries:
        raise Wrong("ballot_batch", f"of {name}", "number", f"expected {entries}, as many as the log tells of")
    for number, batch in enumerate(batches, start=1):
        same("ballot_batch", batch.id, "number", batch.number, number, "the batches of a poll are numbered")
        _check_batch(poll, batch)
    if poll.settled_at is not None or poll.voided_at is not None:
        left = select(Ballot.public_id, Ballot.commitment).where(Ballot.poll_id == poll.id, Ballot.batch_id.is_(None))
        for public_id, commitment in db.session.execute(left):
            if commitment not in early:
                raise Wrong("ballot", public_id, "batch_id", "expected a batch: the poll is closed")


def _check_batch(poll: Any, batch: Any) -> None:
    text = db.session.scalar(
        select(LogEntry.body).where(LogEntry.community_id == poll.community_id, LogEntry.seq == batch.seq)
    )
    body = read_json("ballot_batch", batch.id, "seq", text)
    told = body if isinstance(body, dict) else {}
    if (told.get("kind"), told.get("poll"), told.get("batch")) != (SEALED, poll.public_id, batch.number):
        raise Wrong("ballot_batch", batch.id, "seq", "expected the entry of the log that seals it")
    same("ballot_batch", batch.id, "at", batch.at, told.get("at"), f"{place(told)} of the log tells")
    query = select(Ballot.commitment).where(Ballot.batch_id == batch.id).order_by(Ballot.commitment)
    held = list(db.session.scalars(query))
    same("ballot_batch", batch.id, "size", batch.size, len(held), "the ballots in it tell")
    if held != told.get("commitments"):
        raise Wrong("ballot_batch", batch.id, "ballots", f"expected those that {place(told)} of the log seals")
