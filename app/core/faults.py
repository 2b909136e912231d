"""What may be wrong around the program: a database that takes nothing, a disk that is full, mail that doesn't answer.

Each fault has its mend. ``flask doctor`` names them; the error page of a command that failed says that nothing was recorded.
"""

from __future__ import annotations

import errno
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

from flask import current_app
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.config import Config
from app.core.database import db, is_sqlite
from app.core.health import Found

LEAST_FREE = 256 << 20
MAIL_SECONDS = 5.0
RETRY_SECONDS = 10
# What the disk under MEDIA_DIR, or the right to write there, may answer.
DISK = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG, errno.EIO, errno.ENOTDIR}
)


def is_fault(error: Exception) -> bool:
    """Whether an error is of what is around the program, and goes away when that is mended: it is worth trying again."""
    if isinstance(error, OSError):
        return error.errno in DISK
    return isinstance(error, DBAPIError | PoolTimeout)


def writing() -> Found:
    """Whether the database takes what is written: it may be mounted read-only, full, or a standby of another."""
    says = "the database takes what is written"
    try:
        if is_sqlite():
            db.session.rollback()
            db.session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
            db.session.execute(text("update alembic_version set version_num = version_num"))
            return Found("writing", True, says)
        if db.session.execute(text("select pg_is_in_recovery()")).scalar():
            mend = "it is a standby: set DATABASE_URL to the primary, or promote this one"
            return Found("writing", False, says, mend)
        if db.session.execute(text("show default_transaction_read_only")).scalar() == "on":
            mend = "default_transaction_read_only is on: alter database … reset default_transaction_read_only"
            return Found("writing", False, says, mend)
        return Found("writing", True, says)
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).splitlines()[0]
        mend = f"{said}; make its file and its folder writable for this user, and see whether the disk is full"
        return Found("writing", False, says, mend if is_sqlite() else said)
    finally:
        db.session.rollback()


def room() -> Found:
    """Whether there is room where the database (on SQLite) and the media lie."""
    config: Config = current_app.config["QIDING"]
    places = [config.media_dir]
    if config.is_sqlite:
        places.append(Path(make_url(config.database_url).database or "."))
    for place in places:
        while not place.exists() and place != place.parent:
            place = place.parent
        free = shutil.disk_usage(place).free
        if free < LEAST_FREE:
            mend = f"{free >> 20} MB are left there; make room, or move it to a larger disk"
            return Found("room", False, f"room on the disk of {place}", mend, needed=False)
    return Found("room", True, f"room on the disk of {config.media_dir}", needed=False)


def mail() -> Found:
    """Whether the mail server greets. Nothing waits for it but e-mail, which is tried again for about a day."""
    config: Config = current_app.config["QIDING"]
    if config.mail is None:
        return Found("mail", True, "no e-mail is sent", needed=False)
    host, port = config.mail.host, config.mail.port
    try:
        with socket.create_connection((host, port), MAIL_SECONDS) as line:
            line.settimeout(MAIL_SECONDS)
            greeted = config.mail.tls == "smtps" or line.recv(3) == b"220"
    except OSError as error:
        mend = f"{error.strerror or error}; see QIDING_SMTP_URL. What waits is sent when it answers again"
        return Found("mail", False, f"mail server {host}:{port}", mend, needed=False)
    mend = "it takes connections and doesn't greet as a mail server does"
    return Found("mail", greeted, f"mail server {host}:{port}", mend, needed=False)


def backups() -> Found:
    """Whether a backup was made, as far as the usual folder shows."""
    config: Config = current_app.config["QIDING"]
    made = bool(config.backup_dir.is_dir() and any(config.backup_dir.glob("qiding-*.zip")))
    mend = "flask --app wsgi backup --keep 7, each night; copy what it makes to another machine"
    return Found("backups", made, f"a backup in {config.backup_dir}", mend, needed=False)


CHECKS: tuple[Callable[[], Found], ...] = (writing, room, mail, backups)


def look() -> list[Found]:
    """All checks, within an application's context."""
    return [check() for check in CHECKS]
