"""The drawn sample: the log's root is fixed, dice are thrown in public, the drawn sheets are compared."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import func, select

from app.ballots.models import Ballot, Poll, RollEntry, SlotLink
from app.ballots.times import close_of
from app.core.events import LogEntry, record_event
from app.core.transaction import Lock, Tx, transaction
from app.engine import sheets
from app.engine.errors import Closed, Conflict
from app.engine.merkle import Tree
from app.engine.phrase import phrase
from app.engine.sheets import Reading
from app.paper import desk
from app.paper.entry import at_field, read_choice, read_owner
from app.paper.models import PaperCheck, PaperDraw, PaperEntry, PaperSheet
from app.paper.seal import seal
from app.people.actor import Actor

CHUNK = 2000


def fix(actor: Actor, poll_public_id: str) -> None:
    """Fix the log's root, before the dice: so that nobody can choose the one after the other. Once all are entered."""
    poll_id = desk.poll_id_of(poll_public_id)
    with transaction(lock=[Lock(Poll, poll_id)]) as tx:
        poll = desk.held_poll(tx, poll_id)
        by = actor.require_facilitator(poll.community_id)
        desk.require_uncounted(poll)
        if tx.now < close_of(poll, tx.now):
            raise Closed(phrase("The sample is drawn after the close."))
        states = _states(tx, poll)
        if states.get(sheets.RETURNED):
            raise Conflict(phrase("Enter all sheets that were in the box first."))
        if not states.get(sheets.VALID):
            raise Conflict(phrase("No sheet was counted, so there is nothing to compare."))
        if tx.session.scalar(select(PaperDraw.id).where(PaperDraw.poll_id == poll.id)) is not None:
            raise Conflict(phrase("This was done already."))
        seal(tx, poll)
        size, root = _tree(tx, poll.community_id)
        tx.session.add(PaperDraw(poll_id=poll.id, log_size=size, log_root=root, fixed_at=tx.now))
        _record(tx, poll, "paper.root_fixed", by, {"size": size, "root": root})


def _tree(tx: Tx, community_id: int) -> tuple[int, str]:
    query = select(LogEntry.body).where(LogEntry.community_id == community_id).order_by(LogEntry.seq)
    tree = Tree(body.encode() for body in tx.session.scalars(query.execution_options(yield_per=CHUNK)))
    return tree.size, tree.root().hex()


def _states(tx: Tx, poll: Poll) -> dict[str, int]:
    query = select(PaperSheet.state, func.count()).where(PaperSheet.poll_id == poll.id).group_by(PaperSheet.state)
    return dict(tx.session.execute(query).all())


def _record(tx: Tx, poll: Poll, kind: str, by: int, public: Mapping[str, object]) -> None:
    record_event(
        tx,
        kind,
        community_id=poll.community_id,
        project_id=poll.project_id,
        person_id=by,
        data={},
        public={"poll": poll.public_id, **public},
    )


def throw(actor: Actor, poll_public_id: str, typed: str) -> None:
    """Write down what the dice showed, and draw."""
    dice, poll_id = sheets.read_dice(typed), desk.poll_id_of(poll_public_id)
    with transaction(lock=[Lock(Poll, poll_id)]) as tx:
        poll = desk.held_poll(tx, poll_id)
        by = actor.require_facilitator(poll.community_id)
        desk.require_uncounted(poll)
        row = tx.session.scalar(select(PaperDraw).where(PaperDraw.poll_id == poll.id))
        if row is None:
            raise Conflict(phrase("Fix the log’s root first, and read it out: then throw."))
        if row.drawn_at is not None:
            raise Conflict(phrase("This was done already."))
        row.dice, row.seed, row.drawn_at = dice, sheets.seed(row.log_root, dice), tx.now
        row.serials = sheets.draw(row.seed, _counted(tx, poll))
        _record(tx, poll, "paper.drawn", by, {"dice": dice, "seed": row.seed, "sheets": row.serials})


def _counted(tx: Tx, poll: Poll) -> list[str]:
    query = select(PaperSheet.serial).where(PaperSheet.poll_id == poll.id, PaperSheet.state == sheets.VALID)
    return list(tx.session.scalars(query))


def compare(actor: Actor, poll_public_id: str, raw: Mapping[str, object]) -> bool:
    """Enter once more what stands on a drawn sheet; whether it is what was counted.

    Where it isn't, the sheet is read anew by two, and every counted sheet is compared.
    """
    poll_id = desk.poll_id_of(poll_public_id)
    number = sheets.read_serial(poll_public_id, str(raw.get("serial") or ""))
    with transaction(lock=[Lock(Poll, poll_id)]) as tx:
        poll = desk.held_poll(tx, poll_id)
        by = desk.require_desk(actor, poll)
        desk.require_uncounted(poll)
        sheet = tx.session.scalar(
            select(PaperSheet)
            .where(PaperSheet.poll_id == poll.id, PaperSheet.number == number)
            .execution_options(populate_existing=True)
        )
        if sheet is None or sheet.serial not in to_compare(tx, poll):
            raise at_field("serial", phrase("This sheet is not among those to compare now."))
        if by in tx.session.scalars(select(PaperEntry.person_id).where(PaperEntry.sheet_id == sheet.id)).all():
            raise at_field(
                "serial",
                phrase("You entered this sheet. Somebody who did not must compare it: it takes a third person."),
            )
        kind, choice = read_choice(poll, raw)
        reading = Reading(by, kind, read_owner(tx, poll, sheet, kind, str(raw.get("household") or "")), choice)
        same = sheets.meaning(reading) == sheets.meaning(_stored(tx, poll, sheet))
        seal(tx, poll)  # the log tells that it was counted before it tells that it wasn't as it reads
        tx.session.add(PaperCheck(sheet_id=sheet.id, person_id=by, same=same, at=tx.now))
        if not same:
            if sheet.roll_entry_id is not None:
                tx.lock(Lock(RollEntry, sheet.roll_entry_id))
            sheet.state, sheet.ended_at = sheets.move(sheet.state, sheets.RETURNED), None
            sheet.turn += 1
        _record(tx, poll, "paper.compared", by, {"sheet": sheet.serial, "same": same})
        return same


def to_compare(tx: Tx, poll: Poll) -> list[str]:
    """The serials that are still to be compared."""
    row = tx.session.scalar(select(PaperDraw).where(PaperDraw.poll_id == poll.id))
    if row is None or row.drawn_at is None:
        return []
    checks = select(PaperSheet.serial, PaperCheck.same).join(PaperCheck, PaperCheck.sheet_id == PaperSheet.id)
    compared = dict(tx.session.execute(checks.where(PaperSheet.poll_id == poll.id)).all())
    return sheets.still_to_compare(row.serials, _counted(tx, poll), compared)


def _stored(tx: Tx, poll: Poll, sheet: PaperSheet) -> Reading:
    """What was counted for a sheet: its ballot, and whose slot that stands in."""
    row = tx.session.execute(
        select(Ballot.choice, SlotLink.roll_entry_id)
        .join(SlotLink, SlotLink.slot_id == Ballot.slot_id)
        .where(Ballot.poll_id == poll.id, Ballot.serial == sheet.serial, Ballot.live)
    ).one()
    return Reading(0, sheets.VALID, row.roll_entry_id, json.loads(row.choice))
