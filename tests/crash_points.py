"""Named moments at which a process is killed within a command, and what must hold after it: goal R3.

The moments are SQLAlchemy's own events, listened to by the child process alone; the application has no such hook.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.audit.verify import verify, verify_links
from app.core.database import db
from tests.bad_input_forms import post
from tests.permission_requests import NOT_COMPARED, Furnished, Rows, contents
from tests.permission_table import Row

WRITES = ("INSERT", "UPDATE", "DELETE")
# What the short form does not wait for: rows that say how often something was tried are written apart from the command.
APART = NOT_COMPARED


def _die(*_more: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _locks(statement: str) -> bool:
    return statement.startswith("BEGIN IMMEDIATE") or " FOR " in statement


def _writes(statement: str) -> bool:
    return statement.lstrip().upper().startswith(WRITES) and not any(f" {name} " in statement for name in APART)


def _on_statement(when: str, which: Callable[[str], bool], nth: int = 1) -> Callable[[], None]:
    def install() -> None:
        met = [0]

        def listener(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
            met[0] += which(statement)
            if which(statement) and met[0] == nth:
                _die()

        event.listen(db.engine, when, listener)

    return install


def _on_session(when: str) -> Callable[[], None]:
    def install() -> None:
        written = [False]

        def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
            written[0] = written[0] or _writes(statement)

        def before(session: Session, *_more: object) -> None:
            if session.new or session.dirty or session.deleted:
                _die()

        def after(*_more: object) -> None:
            if written[0]:
                _die()

        event.listen(db.engine, "after_cursor_execute", note)
        event.listen(Session, when, before if when == "before_flush" else after)

    return install


def _on_commit() -> None:
    written = [False]

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        written[0] = written[0] or _writes(statement)

    def commit(_connection: object) -> None:
        if written[0]:
            _die()

    event.listen(db.engine, "after_cursor_execute", note)
    event.listen(db.engine, "commit", commit)


POINTS: dict[str, Callable[[], None]] = {
    "before the first lock": _on_statement("before_cursor_execute", _locks),
    "with the first lock held": _on_statement("after_cursor_execute", _locks),
    "before the first flush": _on_session("before_flush"),
    "before the first row is written": _on_statement("before_cursor_execute", _writes),
    "with the first row written": _on_statement("after_cursor_execute", _writes),
    "with the second row written": _on_statement("after_cursor_execute", _writes, 2),
    "flushed, before the commit": _on_commit,
    "committed, before the answer": _on_session("after_commit"),
}
COMMITTED = "committed, before the answer"


@dataclass(frozen=True)
class After:
    """What was found after a kill: whether the point was met at all, and the rows then and after the form came again."""

    met: bool
    rows: Rows
    again: int = 0
    last: Rows | None = None


def kill_at(town: Furnished, row: Row, point: str, **data: Any) -> bool:
    """Send a row's form in a child process that kills itself at a point; whether it came there."""
    with town.world.app.app_context():
        db.session.remove()
        db.engine.dispose()  # no connection is shared with the child
    child = os.fork()
    if not child:
        try:
            with town.world.app.app_context():
                POINTS[point]()
            post(town, row, **data)
        finally:
            os._exit(7)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def crash(town: Furnished, row: Row, point: str) -> After:
    """Kill a command at a point, look, and send the same form again; the database is left as that made it."""
    met = kill_at(town, row, point)
    rows = contents(town.world.app)
    if not met:
        return After(False, rows)
    answer = post(town, row)
    return After(True, rows, answer.status_code, contents(town.world.app))


def differences(one: Rows, other: Rows) -> list[str]:
    """The tables whose rows differ, but for those that a refusal may write too."""
    return [name for name in one if name not in APART and one[name] != other[name]]


def counts(rows: Rows) -> dict[str, int]:
    """How many rows each table has, but for those that a refusal may write too."""
    return {name: len(found) for name, found in rows.items() if name not in APART}


def audit(town: Furnished) -> str:
    """What the audit finds in all communities; empty when all is sound."""
    with town.world.app.app_context():
        found = [verify_links(), *(verify(slug).finding for slug in town.world.communities)]
        return "; ".join(str(item) for item in found if item is not None)
