"""A picture of a sheet, kept beside it: its hash enters the log, so that it can't be exchanged later."""

from __future__ import annotations

from sqlalchemy import select

from app.core.events import record_event
from app.core.media import Upload, name_upload
from app.core.transaction import Lock, transaction
from app.engine import sheets
from app.engine.errors import Conflict, NotFound
from app.engine.phrase import phrase
from app.paper import desk
from app.paper.models import PaperSheet
from app.people.actor import Actor


def attach(actor: Actor, poll_public_id: str, serial: str, upload: Upload) -> None:
    """Keep a scan of a sheet that came back; one a sheet, for the staff alone."""
    poll_id = desk.poll_id_of(poll_public_id)
    with transaction() as tx:
        poll = desk.held_poll(tx, poll_id)
        by = desk.require_desk(actor, poll)
        query = select(PaperSheet).where(PaperSheet.poll_id == poll.id, PaperSheet.serial == serial)
        sheet = tx.session.scalar(query)
        if sheet is None:
            raise NotFound
        tx.lock(Lock(PaperSheet, sheet.id))
        tx.session.refresh(sheet)
        if sheet.state == sheets.ISSUED:
            raise Conflict(phrase("This sheet is not in the box: there is nothing to scan."))
        if sheet.scan:
            raise Conflict(phrase("This sheet has its scan already. It can’t be exchanged."))
        media = name_upload(tx, upload, community_id=poll.community_id, person_id=by, visibility="staff")
        tx.session.flush()
        sheet.scan, sheet.scan_sha256 = media.public_id, media.sha256
        record_event(
            tx,
            "paper.scanned",
            community_id=poll.community_id,
            project_id=poll.project_id,
            person_id=by,
            data={},
            public={"poll": poll.public_id, "sheet": sheet.serial, "sha256": media.sha256},
        )
