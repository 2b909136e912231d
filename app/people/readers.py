"""Who reads a page that is made to be kept: of what kind, by which keys, and what of them the page asked for."""

from __future__ import annotations

from typing import Any

from flask import Flask, g
from flask_login import current_user

from app.core.traces import Reader, Trace
from app.people.actor import Actor
from app.people.session import CurrentUser

OWN_WORDS = frozenset({"name", "public_id"})
OF_ONE = frozenset({"person_id", "public_id", "shown_name", "household_id", "browser_id", "sure_at", "session_id"})


def init_readers(app: Flask) -> None:
    """Tell the kept pages of ``app`` how to ask who reads."""
    app.extensions["qiding.reader"] = reader
    app.extensions["qiding.watch_reader"] = watch_reader


def reader() -> Reader | None:
    """Who is signed in, for pages that are kept: readers of one kind have the same home, roles and rings."""
    if not current_user.is_authenticated or current_user.owes_factor:
        return None
    who: Actor = current_user.actor
    roles = sorted((key or 0, sorted(value)) for key, value in who.roles.items())
    rings = sorted((key, sorted(value)) for key, value in who.rings.items())
    keys = {"person": who.person_id, "household": who.household_id, "device": who.device_id}
    return Reader(
        repr((who.home_id, roles, rings, current_user.is_staff)),
        {name: key for name, key in keys.items() if key is not None},
    )


class _WatchedActor(Actor):
    """Somebody whose page is made to be kept: it knows when it is asked for a name."""

    def __getattribute__(self, name: str) -> Any:
        if name in OWN_WORDS:
            _lost()
        return super().__getattribute__(name)


class _WatchedUser(CurrentUser):
    """The same of who is signed in: whatever is one person's makes the page that person's alone."""

    def __getattribute__(self, name: str) -> Any:
        if name in OF_ONE:
            _lost()
        return super().__getattribute__(name)


def _lost() -> None:
    trace: Trace | None = g.get("trace")
    if trace is not None:
        trace.lost = True


def watch_reader(trace: Trace) -> None:
    """From now on in this request, who is signed in has keys that tell ``trace`` what they are asked."""
    user: CurrentUser = current_user._get_current_object()
    who = user.actor
    user.actor = _WatchedActor(
        person_id=trace.own("person"),
        public_id=who.public_id,
        name=who.name,
        household_id=trace.own("household"),
        home_id=who.home_id,
        device_id=trace.own("device"),
        roles=who.roles,
        rings=who.rings,
    )
    user.__class__ = _WatchedUser
