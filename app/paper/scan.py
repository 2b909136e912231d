"""A picture of a sheet, kept beside it until the links end. Its hash enters the log: it can't be exchanged later."""

from __future__ import annotations

from sqlalchemy import delete, select

from app.ballots.models import Poll
from app.core.media import Media, Upload, let_go, name_upload
from app.core.transaction import Lock, Tx, transaction
from app.engine import sheets
from app.engine.errors import Closed, Conflict, NotFound
from app.engine.phrase import phrase
from app.paper import desk
from app.paper.models import PaperSheet
from app.paper.seal import seal
from app.people.actor import Actor


def attach(actor: Actor, poll_public_id: str, serial: str, upload: Upload) -> None:
    """Keep a scan of a sheet that came back; one a sheet, for the staff alone."""
    poll_id = desk.poll_id_of(poll_public_id)
    with transaction(lock=[Lock(Poll, poll_id)]) as tx:
        poll = desk.held_poll(tx, poll_id)
        by = desk.require_desk(actor, poll)
        query = select(PaperSheet).where(PaperSheet.poll_id == poll.id, PaperSheet.serial == serial)
        sheet = tx.session.scalar(query.execution_options(populate_existing=True))
        if sheet is None:
            raise NotFound
        if poll.links_deleted_at is not None:
            raise Closed(
                phrase("All is over: what leads from a sheet to its household was deleted, and pictures with it.")
            )
        if sheet.state == sheets.ISSUED:
            raise Conflict(phrase("This sheet is not in the box: there is nothing to scan."))
        if sheet.scan:
            raise Conflict(phrase("This sheet has its scan already. It can’t be exchanged."))
        media = name_upload(tx, upload, community_id=poll.community_id, person_id=by, visibility="staff")
        sheet.scan, sheet.scan_sha256, sheet.sealed = media.public_id, media.sha256, False
        seal(tx, poll)


def burn(tx: Tx, poll: Poll) -> None:
    """Delete the pictures of a poll's sheets, which show address and signature; their hashes stay.

    The files go before the commit. Where that fails, whoever ends the links next finds the rows, and no file is left over.
    """
    rows = list(tx.session.scalars(select(PaperSheet).where(PaperSheet.poll_id == poll.id, PaperSheet.scan != "")))
    query = select(Media.sha256, Media.small_sha256).where(Media.public_id.in_([row.scan for row in rows]))
    files = {sha256 for found in tx.session.execute(query) for sha256 in found if sha256 is not None}
    tx.session.execute(delete(Media).where(Media.public_id.in_([row.scan for row in rows])))
    for row in rows:
        row.scan = ""
    tx.session.flush()
    for sha256 in sorted(files):
        let_go(tx, sha256)
