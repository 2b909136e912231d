"""Leading the room: the item that the meeting has come to, and the question that everybody is asked."""

from __future__ import annotations

from app.core.transaction import transaction
from app.engine.errors import Conflict, Invalid
from app.engine.phrase import phrase
from app.meetings.call import note_event
from app.meetings.record import writable
from app.meetings.rules import lines
from app.people.actor import Actor


def lead(actor: Actor, public_id: str, item: int, question: str) -> None:
    """Show everybody in the room an item of the agenda (0: all of it) and a question (empty: none)."""
    with transaction() as tx:
        meeting, _ = writable(tx, actor, public_id)
        if meeting.opened_at is None or meeting.ended_at is not None:
            raise Conflict(phrase("The room is led while the meeting is on."))
        if not 0 <= item <= len(lines(meeting.agenda)):
            wrong = phrase("Choose one of these.")
            raise Invalid(wrong, {"item": wrong})
        meeting.item, meeting.question = item, question.strip()
        note_event(tx, actor, meeting, "meeting.led", {"item": item, "question": meeting.question})
