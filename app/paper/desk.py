"""The desk of a vote on paper: who works there, issuing sheets, taking them out of the box."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from app.ballots.cast import tell_unit
from app.ballots.models import Poll, RollEntry
from app.ballots.times import close_of
from app.core.database import db
from app.core.events import record_event
from app.core.transaction import Lock, Tx, transaction
from app.engine import sheets
from app.engine.errors import Closed, Conflict, Invalid, NotFound
from app.engine.phrase import Moment, phrase
from app.paper.models import PaperHelper, PaperSheet
from app.people.actor import Actor
from app.people.models import Person, RingMember, RoleGrant

MOST_ISSUED = 2000
MOST_TAKEN = 3000
_NUMBERS = re.compile(r"[0-9]+")
_RANGE = re.compile(r"([^\s,;，；、~～]+)\s*[~～]\s*([^\s,;，；、~～]+)|([^\s,;，；、~～]+)")


def works_at(actor: Actor, poll: Poll) -> bool:
    """Whether somebody may enter sheets of this poll: a facilitator of its community, or a helper named for it."""
    if actor.facilitates(poll.community_id):
        return True
    query = select(PaperHelper.id).where(
        PaperHelper.poll_id == poll.id, PaperHelper.person_id == actor.person_id, PaperHelper.ended_at.is_(None)
    )
    return actor.known and db.session.scalar(query) is not None


def require_desk(actor: Actor, poll: Poll) -> int:
    """The person's id, where they work at the desk of this poll; refused like any facilitator's page for others."""
    return actor.person() if works_at(actor, poll) else actor.require_facilitator(poll.community_id)


def poll_id_of(public_id: str) -> int:
    """The id of a poll; NotFound where there is none."""
    found = db.session.scalar(select(Poll.id).where(Poll.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def held_poll(tx: Tx, poll_id: int) -> Poll:
    """A poll whose lock is held, as it is now."""
    return tx.session.get_one(Poll, poll_id, populate_existing=True)


def require_uncounted(poll: Poll) -> None:
    """Refuse where the count is final already, or the round is void."""
    if poll.voided_at is not None:
        raise Closed(phrase("This round was found void. Its sheets stay as they are."))
    if poll.settled_at is not None:
        raise Closed(phrase("The count is done. Nothing is entered any more."))


def name_helper(actor: Actor, poll_public_id: str, person_public_id: str, *, ends: bool = False) -> None:
    """Let somebody of the community help at this poll's desk, or end that."""
    with transaction(lock=[Lock(Poll, poll_id_of(poll_public_id))]) as tx:
        poll = held_poll(tx, poll_id_of(poll_public_id))
        by = actor.require_facilitator(poll.community_id)
        require_uncounted(poll)
        person = tx.session.scalar(select(Person).where(Person.public_id == person_public_id, Person.left_at.is_(None)))
        if person is None or person.id not in {item.id for item in may_help(poll)}:
            sentence = phrase("Choose one of these.")
            raise Invalid(sentence, {"person": sentence})
        row = tx.session.scalar(
            select(PaperHelper).where(PaperHelper.poll_id == poll.id, PaperHelper.person_id == person.id)
        )
        if row is None:
            row = PaperHelper(poll_id=poll.id, person_id=person.id, named_by_id=by, at=tx.now)
            tx.session.add(row)
        row.ended_at = tx.now if ends else None
        record_event(
            tx,
            "paper.helper_ended" if ends else "paper.helper_named",
            community_id=poll.community_id,
            project_id=poll.project_id,
            person_id=by,
            data={"person": person.public_id},
            public={"poll": poll.public_id},
        )


def may_help(poll: Poll) -> list[Person]:
    """Whom a facilitator may name: members of this community's rings and its other staff, by name."""
    rings = select(RingMember.person_id).where(RingMember.community_id == poll.community_id)
    roles = select(RoleGrant.person_id).where(RoleGrant.community_id == poll.community_id, RoleGrant.ended_at.is_(None))
    query = select(Person).where(Person.left_at.is_(None), Person.id.in_(rings) | Person.id.in_(roles))
    return list(db.session.scalars(query.order_by(Person.name, Person.id)))


def issue(
    actor: Actor, poll_public_id: str, *, count: int = 0, to: str = "", everyone: bool = False
) -> tuple[int, int]:
    """Issue sheets, numbered on from the last: ``count`` blank ones, one to a unit, or one to each unit without one.

    Returns the first and the last number. Only until the close; where a vote has no paper, only to a unit in dispute.
    """
    poll_id = poll_id_of(poll_public_id)
    with transaction(lock=[Lock(Poll, poll_id)]) as tx:
        poll = held_poll(tx, poll_id)
        by = actor.require_facilitator(poll.community_id)
        require_uncounted(poll)
        closes = close_of(poll, tx.now)
        if tx.now >= closes:
            raise Closed(phrase("The vote closed %(when)s: no more sheets are issued.", when=Moment(closes)))
        if poll.mode == "C":
            raise Conflict(phrase("A vote without a link between person and ballot has no paper ballots here yet."))
        units: list[int | None] = [None] * count
        if to:
            entry = read_unit(tx, poll, to)
            units = [entry.id]
        elif everyone:
            having = select(PaperSheet.roll_entry_id).where(PaperSheet.poll_id == poll.id, PaperSheet.named)
            query = select(RollEntry.id).where(RollEntry.poll_id == poll.id, RollEntry.id.not_in(having))
            units = list(tx.session.scalars(query.order_by(RollEntry.id)))
        if poll.paper == "none" and not (to and entry.disputed_at is not None):
            raise Conflict(phrase("This vote has no paper ballots: that was fixed at its announcement."))
        if not units:
            raise Conflict(phrase("Every household of the roll has a sheet already."))
        if len(units) > MOST_ISSUED:
            raise Invalid(phrase("Issue %(most)s sheets at most at once.", most=MOST_ISSUED))
        last = tx.session.scalar(select(func.max(PaperSheet.number)).where(PaperSheet.poll_id == poll.id)) or 0
        if last + len(units) > sheets.MOST_NUMBER:
            raise Conflict(phrase("There are no more numbers for sheets."))
        tx.session.add_all(
            PaperSheet(
                poll_id=poll.id,
                number=number,
                serial=sheets.serial(poll.public_id, number),
                roll_entry_id=unit,
                named=unit is not None,
                issued_at=tx.now,
                issued_by_id=by,
            )
            for number, unit in enumerate(units, start=last + 1)
        )
        span = (last + 1, last + len(units))
        record_event(
            tx,
            "paper.issued",
            community_id=poll.community_id,
            project_id=poll.project_id,
            person_id=by,
            data={},
            public={"poll": poll.public_id, "first": span[0], "last": span[1], "named": units[0] is not None},
        )
        return span


def read_unit(tx: Tx, poll: Poll, typed: str) -> RollEntry:
    """A unit of the roll by what is typed at the desk: ``5-302``, ``5-2-302``, or as it stands on the roll."""
    text = typed.strip()
    wanted = [part.lstrip("0") for part in _NUMBERS.findall(text)]
    rows = tx.session.execute(select(RollEntry.id, RollEntry.label).where(RollEntry.poll_id == poll.id)).all()
    found = [row.id for row in rows if row.label == text]
    if not found and wanted:
        for row in rows:
            parts = [part.lstrip("0") for part in _NUMBERS.findall(row.label)]
            if parts == wanted or (len(wanted) == 2 and len(parts) > 2 and [parts[0], parts[-1]] == wanted):
                found.append(row.id)
    if len(found) != 1:
        sentence = (
            phrase("Several on the roll fit: write the entrance too, like 5-2-302.")
            if found
            else phrase("Nobody on this vote’s roll fits. Write building and room, like 5-302.")
        )
        raise Invalid(sentence, {"household": sentence})
    return tx.session.get_one(RollEntry, found[0], populate_existing=True)


@dataclass(frozen=True)
class Taken:
    """What came of taking sheets out of the box: how many were recorded, and which had been already."""

    recorded: int
    known: int


def take_in(actor: Actor, poll_public_id: str, typed: str) -> Taken:
    """Record that sheets are in the box, by their numbers (``3K 4M``) or runs of them (``1A ~ 40C``); before the close."""
    poll_id = poll_id_of(poll_public_id)
    numbers = _read_numbers(poll_public_id, typed)
    with transaction(lock=[Lock(Poll, poll_id, share=True)]) as tx:
        poll = held_poll(tx, poll_id)
        by = require_desk(actor, poll)
        require_uncounted(poll)
        rows = list(
            tx.session.scalars(
                select(PaperSheet)
                .where(PaperSheet.poll_id == poll.id, PaperSheet.number.in_(numbers))
                .order_by(PaperSheet.roll_entry_id, PaperSheet.id)
            )
        )
        missing = sorted(numbers - {row.number for row in rows})
        if missing:
            sentence = phrase("No sheet %(number)s was issued.", number=missing[0])
            raise Invalid(sentence, {"numbers": sentence})
        out = [row for row in rows if row.state == sheets.ISSUED]
        if out:
            require_box_open(poll, tx.now)
            return_sheets(tx, poll, out, by)
        return Taken(len(out), len(rows) - len(out))


def _read_numbers(poll: str, typed: str) -> set[int]:
    """The numbers that somebody typed, one by one and as runs whose two ends have their letters."""
    found: set[int] = set()
    try:
        for first, last, single in _RANGE.findall(typed):
            low = sheets.read_serial(poll, first or single)
            high = sheets.read_serial(poll, last) if last else low
            if not 0 <= high - low <= MOST_TAKEN or len(found) > MOST_TAKEN:
                raise Invalid(phrase("This run of numbers is too long, or ends before it begins."))
            found.update(range(low, high + 1))
    except Invalid as error:
        raise Invalid(error.message, {"numbers": error.message}) from None
    if not found:
        sentence = phrase("Please fill this in.")
        raise Invalid(sentence, {"numbers": sentence})
    return found


def require_box_open(poll: Poll, now: int) -> None:
    """Refuse a sheet that comes before the vote opens, or after its close."""
    if now < poll.opens_at:
        raise Closed(phrase("The vote opens %(when)s: no sheet is taken before.", when=Moment(poll.opens_at)))
    closes = close_of(poll, now)
    if now >= closes:
        raise Closed(
            phrase(
                "This sheet was not in the box at the close, %(when)s: it can’t be counted and stands as missing. Keep it "
                "folded with a note of when it came.",
                when=Moment(closes),
            )
        )


def return_sheets(tx: Tx, poll: Poll, rows: Sequence[PaperSheet], by: int) -> None:
    """Sheets are in the box: their units are closed online from now on, and told so."""
    entries = _held_entries(tx, {row.roll_entry_id for row in rows if row.roll_entry_id is not None})
    taken = []
    for row in rows:
        tx.lock(Lock(PaperSheet, row.id))
        tx.session.refresh(row)
        if row.state != sheets.ISSUED:  # somebody else was quicker
            continue
        taken.append(row.number)
        row.state, row.returned_at, row.sealed = sheets.move(row.state, sheets.RETURNED), tx.now, False
        entry = entries.get(row.roll_entry_id or 0)
        if entry is not None and entry.boxed_at is None:
            entry.boxed_at = tx.now
            tell_unit(tx, poll, entry, "paper.boxed")
    if taken:
        # Who recorded it. Of no community, so that no entry of the log tells how many came while the vote is open.
        data = {"poll": poll.public_id, "numbers": sorted(taken)}
        record_event(tx, "paper.recorded", community_id=None, project_id=poll.project_id, person_id=by, data=data)


def _held_entries(tx: Tx, ids: Collection[int]) -> dict[int, RollEntry]:
    """Roll entries, each held, in the order of their ids."""
    for entry_id in sorted(ids):
        tx.lock(Lock(RollEntry, entry_id))
    rows = tx.session.scalars(select(RollEntry).where(RollEntry.id.in_(ids)).execution_options(populate_existing=True))
    return {row.id: row for row in rows}
