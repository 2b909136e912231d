"""Browsers in which somebody of the staff is signed in, without the pages of the sign-in."""

from __future__ import annotations

from sqlalchemy import update

from app.core.transaction import transaction
from app.people import staff_sessions
from app.people.models import Person
from app.people.security_models import StaffSession


def staff_user(person_id: int, label: str = "Windows Chrome") -> str:
    """What the cookie of somebody's new session says; a person without a password gets one. Inside a context."""
    with transaction() as tx:
        person = tx.session.get_one(Person, person_id)
        person.password = person.password or "set"
        return f"staff:{staff_sessions.begin(person_id, label).public_id}"


def refresh() -> None:
    """Let every session be as good as new: begun, sure and seen now. Inside a context."""
    with transaction() as tx:
        tx.session.execute(update(StaffSession).values(begun_at=tx.now, sure_at=tx.now, seen_at=tx.now))
