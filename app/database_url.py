"""The address of a database as people write it, made into the one form that the rest of the program knows."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode, urlsplit

POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")
DRIVER = "postgresql+psycopg"
FAULT = (
    "%s is sqlite:////path/to/file, postgresql://user@host/name, or with a standby "
    "postgresql://user@one,two/name?target_session_attrs=read-write"
)


def database_url(written: str, variable: str = "DATABASE_URL") -> str:
    """One form for each kind: ``sqlite:…`` as it is, PostgreSQL as SQLAlchemy's ``postgresql+psycopg://``.

    Several hosts, written as libpq has them (``one:5432,two:5433``), become lists in its query: the driver tries one after
    the other. ValueError says which variable is wrong and never repeats what was written: a password may be in it.
    """
    written = written.strip()
    scheme, mark, rest = written.partition("://")
    if scheme.partition("+")[0] == "sqlite" and mark:
        return written
    if scheme not in POSTGRESQL or not mark:
        raise ValueError(FAULT % variable)
    try:
        parts = urlsplit(f"//{rest}")
        asked = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        raise ValueError(FAULT % variable) from None
    user, at, hosts = parts.netloc.rpartition("@")
    if "," not in hosts:
        if not parts.path.strip("/") or not _is_host(hosts):
            raise ValueError(FAULT % variable)
        return f"{DRIVER}://{rest}"
    listed = hosts.split(",")
    if not parts.path.strip("/") or not all(host and _is_host(host) for host in listed):
        raise ValueError(FAULT % variable)
    places = [_place(host) for host in listed]
    named = [("host", ",".join(name for name, _ in places)), ("port", ",".join(port for _, port in places))]
    return f"{DRIVER}://{user}{at}{parts.path}?{urlencode(named + asked, safe=':,', quote_via=quote)}"


def _place(host: str) -> tuple[str, str]:
    """A host, without the brackets of an IPv6 address, and its port."""
    name, colon, port = (host, "", "") if host.endswith("]") or ":" not in host else host.rpartition(":")
    return name.strip("[]"), port or "5432"


def _is_host(host: str) -> bool:
    """Whether a port that is given is a number that can be one."""
    if host.endswith("]") or ":" not in host:
        return True
    name, _, port = host.rpartition(":")
    return bool(name) and port.isascii() and port.isdigit() and 0 < int(port) < 65536
