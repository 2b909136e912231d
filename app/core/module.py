"""What a feature package says about itself: the factory reads it, and nothing else needs to be edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint

from app.core.health import Check
from app.core.jobs import Handler
from app.core.personal import Keep, Personal
from app.core.removals import Holds, Removal
from app.core.transaction import Tx
from app.engine.phrase import Phrase

MessageText = Callable[[Mapping[str, Any]], Phrase]


@dataclass(frozen=True)
class Module:
    """A feature's manifest.

    ``provides`` holds activity kinds, gate kinds and listeners, read by the packages that know them. ``tick``
    functions do what became due and return how many things they did; ``outside`` functions do so too, and speak with
    other servers: they wait where those don't answer, so they run in a thread of their own.
    """

    name: str
    blueprints: tuple[Blueprint, ...] = ()
    provides: tuple[object, ...] = ()
    jobs: Mapping[str, Handler] = field(default_factory=dict)
    tick: tuple[Callable[[], int], ...] = ()
    outside: tuple[Callable[[], int], ...] = ()
    messages: Mapping[str, MessageText] = field(default_factory=dict)
    holds: tuple[Holds, ...] = ()  # where it keeps people's words, for what the law bids remove
    checks: tuple[Check, ...] = ()  # what /readyz and the doctor look at besides the database and the media
    # Told of each removal within its transaction: what keeps copies, such as a search's index, makes them anew.
    removed: tuple[Callable[[Tx, Removal], None], ...] = ()
    # Called after a backup was put back, each once, outside of any transaction: what was erased after it was made is
    # erased again. Each returns how many things it did, and may be called anew after a crash.
    restored: tuple[Callable[[], int], ...] = ()
    # Endpoints whose forms ask a member of the staff again who they are, unless they showed it lately.
    confirmed: frozenset[str] = frozenset()
    # Endpoints whose answers are one person's or the staff's: no browser keeps a copy of them.
    unkept: frozenset[str] = frozenset()
    personal: tuple[
        Personal, ...
    ] = ()  # what it keeps of a person: read by the export, the erasure and the notice to people
    keeps: tuple[Keep, ...] = ()  # how long it keeps rows that nobody needs for ever
