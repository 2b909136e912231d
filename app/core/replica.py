"""Reads that may lag go to a streaming replica; whoever just wrote, and every command, goes to the primary.

A view says so where it is declared: ``@may_lag``. The choice is made before anything is read, and holds for the whole
request: who is signed in, a version by which pages are kept, and the page itself come from the same server. A page made
from a replica can therefore be kept under the version that the replica knew, and never under a newer one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Flask, Response, current_app, g, has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from itsdangerous import BadSignature, Signer
from sqlalchemy import event, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.config import Config
from app.engine.errors import NotFound

log = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")

KEY = "replica"  # the bind, and the mark on a session that reads from it
LOOK = 1.0  # seconds between two looks at how far the replica is
REST = 5.0  # seconds that a server which failed is left alone
WROTE = 60  # seconds for which a reader is known to have written
SAFE = ("GET", "HEAD", "OPTIONS")


class RoutingSession(Session):
    """A session that reads from the replica while it is told so; what it writes goes to the primary in any case."""

    def get_bind(self, mapper: Any = None, clause: Any = None, bind: Any = None, **more: Any) -> Any:
        if bind is None and self.info.get(KEY) and not self._flushing and not getattr(clause, "is_dml", False):
            return self._db.engines[KEY]
        return super().get_bind(mapper, clause, bind, **more)


@event.listens_for(RoutingSession, "after_commit")
def _wrote_now(_session: Session) -> None:
    if has_request_context() and "qiding.replica" in current_app.extensions:
        g.wrote = True


def binds(config: Config, options: dict[str, Any]) -> dict[str | None, Any]:
    """The replica for Flask-SQLAlchemy, with the primary's options; its connections refuse to write."""
    if config.replica_url is None:
        return {}
    given = {**options["connect_args"], "options": "-c default_transaction_read_only=on"}
    return {KEY: {**options, "url": config.replica_url, "connect_args": given}}


class Replica:
    """What this process knows of the replica: whether it answers, and how far behind it may be.

    The primary is asked for the end of its log once a second. A replica that has replayed what was the end N seconds ago is
    less than N seconds behind, whatever its clock says, and also when nothing streams any more.
    """

    def __init__(self, primary: Engine, replica: Engine, most: float) -> None:
        self._primary, self._replica, self._most = primary, replica, most
        self._ends: deque[tuple[float, int]] = deque(maxlen=120)
        self._caught_up = 0.0  # the moment whose end of the log the replica has replayed
        self._looked = self._answered = self._rest_until = self._alone_until = float("-inf")
        self._lock = threading.Lock()
        self.state = "unknown"  # up, behind, down; for /readyz

    def lag(self) -> float | None:
        """How many seconds it is behind at most, as of the last look; None where that isn't known."""
        return time.monotonic() - self._caught_up if self._caught_up else None

    def serves(self, wrote: int | None) -> bool:
        """Whether it may be read from now, by somebody who last wrote up to this place of the log."""
        self._look()
        # Whoever looks at this moment may wait for a server that hangs: what was seen before that holds for some seconds.
        if self.state != "up" or time.monotonic() - self._answered > 3 * LOOK:
            return False
        if wrote is None:
            return True
        try:
            return _place(self._replica, REPLAYED) >= wrote
        except SQLAlchemyError as error:
            self.fails(error)
            return False

    def fails(self, error: Exception) -> None:
        """It did not answer, or broke off: leave it alone for a while."""
        self._rest_until = time.monotonic() + REST
        self._say("down", type(error).__name__)

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked < LOOK or now < self._rest_until or not self._lock.acquire(blocking=False):
            return  # another thread looks at this moment
        try:
            self._looked = now
            self._ask_primary(now)
            with self._replica.connect() as connection:
                standing, place = connection.execute(text(STANDING)).one()
            self._answered = time.monotonic()
            while self._ends and self._ends[0][1] <= place:
                self._caught_up = self._ends.popleft()[0]
            behind = self.lag()
            if not standing:
                self._say("down", "no standby any more")  # promoted: the address of the primary is the one to trust
            elif behind is None or behind > self._most:
                self._say("behind", f"more than {self._most:g} s")
            else:
                self._say("up", "")
        except SQLAlchemyError as error:
            self.fails(error)
        finally:
            self._lock.release()

    def _ask_primary(self, now: float) -> None:
        if now < self._alone_until:
            return
        try:
            self._ends.append((now, _place(self._primary, WRITTEN)))
        except SQLAlchemyError:
            # Nothing new is acknowledged while it is gone. What the replica has stays readable until it counts as behind.
            self._alone_until = time.monotonic() + REST

    def _say(self, state: str, why: str) -> None:
        if state != self.state:
            log.warning("the replica is %s%s", state, f" ({why}): the primary is read instead" if why else "")
        self.state = state


# Places of the log as numbers of bytes since its beginning: what is written, and what is promised to be, which is more.
WRITTEN = "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"
END = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
REPLAYED = "select pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint"
STANDING = "select pg_is_in_recovery(), coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), 0)::bigint"


def _place(engine: Engine, query: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


def may_lag(view: Callable[P, R]) -> Callable[P, R]:
    """Declare a view that reads only, and may be a moment behind: it may be answered from a replica.

    Where the replica fails in the midst of it, or doesn't know of what was asked for, the view begins again at the primary.
    """

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return view(*args, **kwargs)
        except (DBAPIError, NotFound) as error:
            if not _leave(error):
                raise
        return view(*args, **kwargs)

    answered.may_lag = True  # type: ignore[attr-defined]
    return answered


def init_replica(app: Flask, db: SQLAlchemy, config: Config) -> None:
    """Hang the choice of the server on ``app``, before whatever reads; nothing where there is no replica."""
    if config.replica_url is None:
        return
    with app.app_context():
        replica = Replica(db.engine, db.engines[KEY], config.replica_lag)
    app.extensions["qiding.replica"] = replica
    cookie = "__Host-qiding-wrote" if config.secure_cookies else "qiding-wrote"
    signer = Signer(config.secret, salt="qiding.wrote")

    def choose() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if (
            request.method in SAFE
            and getattr(view, "may_lag", False)
            and replica.serves(_wrote(request.cookies.get(cookie), signer))
        ):
            db.session().info[KEY] = True
            g.from_replica = True

    def mark(response: Response) -> Response:
        if request.method in SAFE or not g.get("wrote"):
            return response  # a read changes nothing that anybody would look for
        try:
            place = _place(db.engine, END)
        except SQLAlchemyError:
            return response
        response.set_cookie(
            cookie,
            signer.sign(str(place)).decode(),
            max_age=WROTE,
            secure=config.secure_cookies,
            httponly=True,
            samesite="Lax",
        )
        return response

    app.before_request_funcs.setdefault(None, []).insert(0, choose)
    app.after_request(mark)


def _wrote(cookie: str | None, signer: Signer) -> int | None:
    """Up to where the log must be replayed for this reader. What isn't ours is as if it weren't there."""
    if not cookie or len(cookie) > 200:
        return None
    try:
        return int(signer.unsign(cookie))
    except (BadSignature, ValueError):
        return None


def reads_replica() -> bool:
    """Whether this request reads at the replica so far."""
    from app.core.database import db

    return bool(db.session().info.get(KEY))


def to_primary(session: Session) -> None:
    """From here on this session reads at the primary. It must have no transaction under way."""
    session.info.pop(KEY, None)


def _leave(error: Exception) -> bool:
    """Go on at the primary after the replica failed or knew nothing; False where it was not the replica."""
    from app.core.database import db

    session = db.session()
    if not session.info.get(KEY):
        return False
    replica: Replica = current_app.extensions["qiding.replica"]
    if isinstance(error, DBAPIError):
        replica.fails(error)
    session.rollback()
    to_primary(session)
    g.from_replica = False
    return True
