"""Every setting, read once from the environment."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from app.database_url import database_url

ROOT = Path(__file__).resolve().parent.parent
MAIL_PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}


class MissingPackage(RuntimeError):
    """A setting asks for a package that is not installed."""


@dataclass(frozen=True)
class MailServer:
    """Where e-mail is handed over. ``tls``: from the first byte (smtps), by STARTTLS (smtp), or none (smtp+plain)."""

    host: str
    port: int
    tls: str
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    patience: float = 20.0  # seconds for each answer

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> MailServer | None:
        """Read QIDING_SMTP_URL, QIDING_MAIL_FROM, and the password from its own variable or file; None without the first."""
        url = secret_of(env, "QIDING_SMTP_URL").strip()
        if not url:
            return None
        parts = urlsplit(url)
        sender = env.get("QIDING_MAIL_FROM", "").strip()
        if parts.scheme not in MAIL_PORTS or not parts.hostname:
            raise ValueError("QIDING_SMTP_URL is smtps://user@host, smtp://user@host:587, or smtp+plain://host")
        if sender.count("@") != 1 or not sender.isascii() or not sender.isprintable() or " " in sender:
            raise ValueError("QIDING_MAIL_FROM is the address that e-mail comes from, such as qiding@example.org")
        password = secret_of(env, "QIDING_SMTP_PASSWORD") or unquote(parts.password or "")
        return cls(
            host=parts.hostname,
            port=parts.port or MAIL_PORTS[parts.scheme],
            tls=parts.scheme,
            sender=sender,
            user=unquote(parts.username or ""),
            password=password,
        )


@dataclass(frozen=True)
class Config:
    """The settings of one process. Paths are absolute; what is secret stands in no text of a configuration."""

    database_url: str = field(repr=False)  # may hold a password
    media_dir: Path
    secret: str = field(repr=False)
    environment: str = "production"
    base_url: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    secure_cookies: bool = False
    timezone: str = "Asia/Shanghai"
    index_pages: bool = False
    jobs_in_thread: bool = False
    testing: bool = False
    mail: MailServer | None = None
    digest_hour: int = 18
    webhook_hosts: tuple[str, ...] = ()
    webhook_plain: bool = False  # http, to this machine too: for tests, no variable sets it
    forwarded_hops: int = 0
    signing_secret: str = field(default="", repr=False)
    signing_file: Path | None = None
    evidence_days: int = 3 * 365
    log: str = "text"
    metrics: str = ""
    backup_dir: Path = ROOT / "var" / "backups"
    replica_url: str | None = field(default=None, repr=False)
    replica_lag: float = 5.0  # seconds that a replica may be behind before reads go to the primary
    redis_url: str | None = field(default=None, repr=False)
    second_factor: str = "offered"  # or required, of administrators and facilitators
    staff_hours: int = 12  # how long a session of the staff lasts at most
    staff_idle: int = 240  # after how many minutes unused it ends
    erasures_file: Path | None = None  # the list of erasures beside the database, for whoever restores an old copy
    keep_days: Mapping[str, int] = field(default_factory=dict)  # QIDING_KEEP_<KIND>, by kind in small letters
    page_cache: int = 32  # megabytes a process; 0 keeps none

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def mails(self) -> bool:
        """Whether e-mail can be sent: there is a server, and an address of this site for the links in it."""
        return self.mail is not None and self.base_url is not None

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Config:
        """Read DATABASE_URL, MEDIA_DIR, SECRET_KEY, BASE_URL, TRUSTED_HOSTS and the rest; a secret may be in NAME_FILE."""
        env = os.environ if env is None else env
        var = Path(env.get("QIDING_VAR", ROOT / "var")).resolve()
        url = database_url(secret_of(env, "DATABASE_URL") or f"sqlite:///{var / 'qiding.db'}")
        replica = secret_of(env, "DATABASE_REPLICA_URL").strip()
        if replica and url.startswith("sqlite"):
            raise ValueError("DATABASE_REPLICA_URL is for PostgreSQL: SQLite has no replica")
        signing_secret = env.get("QIDING_SIGNING_KEY", "")
        signing_file = None if signing_secret else Path(env.get("QIDING_SIGNING_KEY_FILE") or var / "signing-key")
        if signing_file is not None:
            read_secret(signing_file)  # made at the first start
        base_url = (env.get("BASE_URL") or "").rstrip("/") or None
        return cls(
            database_url=url,
            media_dir=Path(env.get("MEDIA_DIR") or var / "media").resolve(),
            secret=env.get("SECRET_KEY") or read_secret(Path(env.get("SECRET_KEY_FILE") or var / "secret")),
            environment=env.get("QIDING_ENV", "production"),
            base_url=base_url,
            trusted_hosts=tuple(host for host in env.get("TRUSTED_HOSTS", "").split(",") if host),
            secure_cookies=bool(base_url and base_url.startswith("https://")),
            timezone=env.get("QIDING_TIMEZONE", "Asia/Shanghai"),
            index_pages=env.get("QIDING_INDEX_PAGES") == "1",
            jobs_in_thread=env.get("QIDING_JOBS", "thread" if url.startswith("sqlite") else "worker") == "thread",
            mail=MailServer.from_env(env),
            digest_hour=min(23, max(0, int(env.get("QIDING_DIGEST_HOUR", "18")))),
            webhook_hosts=tuple(
                host.strip().lower() for host in env.get("QIDING_WEBHOOK_HOSTS", "").split(",") if host.strip()
            ),
            forwarded_hops=int(env.get("FORWARDED_HOPS", "0")),
            signing_secret=signing_secret,
            signing_file=signing_file,
            evidence_days=int(env.get("QIDING_EVIDENCE_DAYS", 3 * 365)),
            log=one_of(env, "QIDING_LOG", ("text", "json")),
            metrics=env.get("QIDING_METRICS_PORT", ""),
            backup_dir=Path(env.get("QIDING_BACKUPS") or var / "backups").resolve(),
            replica_url=database_url(replica, "DATABASE_REPLICA_URL") if replica else None,
            replica_lag=max(1.0, float(env.get("QIDING_REPLICA_LAG", "5"))),
            redis_url=secret_of(env, "REDIS_URL").strip() or None,
            second_factor=one_of(env, "QIDING_SECOND_FACTOR", ("offered", "required")),
            staff_hours=max(1, int(env.get("QIDING_STAFF_HOURS", "12"))),
            staff_idle=max(15, int(env.get("QIDING_STAFF_IDLE_MINUTES", "240"))),
            erasures_file=Path(env.get("QIDING_ERASURES_FILE") or var / "erasures.jsonl").resolve(),
            keep_days={
                name.removeprefix("QIDING_KEEP_").lower(): int(value)
                for name, value in env.items()
                if name.startswith("QIDING_KEEP_") and value.strip()
            },
            page_cache=min(4096, max(0, int(env.get("QIDING_PAGE_CACHE", "32")))),
        )


def one_of(env: Mapping[str, str], name: str, values: tuple[str, ...]) -> str:
    """A setting that is one of some words; the first, where it isn't set."""
    found = env.get(name) or values[0]
    if found not in values:
        raise ValueError(f"{name} is one of: {', '.join(values)}")
    return found


def secret_of(env: Mapping[str, str], name: str) -> str:
    """A secret setting: the variable ``name``, else what the file named by ``name_FILE`` holds, else nothing."""
    if env.get(name):
        return env[name]
    path = env.get(f"{name}_FILE")
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{name}_FILE can't be read ({type(error).__name__})") from None


def read_secret(path: Path) -> str:
    """The secret kept in ``path``; made there, readable by its owner only, when there is none."""
    kept = path.read_text().strip() if path.exists() else ""
    if kept:
        return kept
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and linked, so that whoever starts beside us reads a whole secret or none. mkstemp gives 0600.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secret-")
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
    try:
        os.link(name, path)
    except FileExistsError:
        if not path.read_text().strip():
            os.replace(name, path)  # an empty file: signing with it would sign nothing
    finally:
        Path(name).unlink(missing_ok=True)
    return path.read_text().strip()
