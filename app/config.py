"""Every setting, read once from the environment."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Config:
    """The settings of one process. Paths are absolute; ``secret`` is never logged."""

    database_url: str
    media_dir: Path
    secret: str
    environment: str = "production"
    base_url: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    secure_cookies: bool = False
    timezone: str = "Asia/Shanghai"
    index_pages: bool = False
    jobs_in_thread: bool = False
    testing: bool = False
    mail_url: str | None = None
    forwarded_hops: int = 0
    signing_secret: str = ""
    signing_file: Path | None = None
    evidence_days: int = 3 * 365

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Config:
        """Read DATABASE_URL, MEDIA_DIR, SECRET_KEY or SECRET_KEY_FILE, BASE_URL, TRUSTED_HOSTS and the rest."""
        env = os.environ if env is None else env
        var = Path(env.get("QIDING_VAR", ROOT / "var")).resolve()
        url = env.get("DATABASE_URL") or f"sqlite:///{var / 'qiding.db'}"
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
            mail_url=env.get("MAIL_URL"),
            forwarded_hops=int(env.get("FORWARDED_HOPS", "0")),
            signing_secret=signing_secret,
            signing_file=signing_file,
            evidence_days=int(env.get("QIDING_EVIDENCE_DAYS", 3 * 365)),
        )


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
