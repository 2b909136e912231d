"""The files of docs/operating, as they are: nginx takes its own and runs with them; units and the compose file can be read."""

from __future__ import annotations

import gzip
import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from app.config import Config
from tests.clusters import free_port

ROOT = Path(__file__).resolve().parent.parent
FILES = ROOT / "docs" / "operating"
HOST = "qiding.example.org"
ECHO = """\
import sys
from wsgiref.simple_server import WSGIServer, make_server
from socketserver import ThreadingMixIn
from werkzeug.middleware.proxy_fix import ProxyFix

def app(environ, start):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    told = [environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], environ["HTTP_HOST"], str(len(body)), sys.argv[1]]
    start("200 OK", [("Content-Type", "text/plain")])
    return [" ".join(told).encode()]

class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

make_server("127.0.0.1", int(sys.argv[1]), ProxyFix(app, x_for=1, x_proto=1, x_host=1), Server).serve_forever()
"""


@dataclass
class Front:
    """nginx in front of two servers that say how they were asked."""

    tls: int
    plain: int
    servers: dict[int, subprocess.Popen[bytes]]
    log: Path

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, str, dict[str, str]]:
        """Status, body and headers of an answer over TLS."""
        trust = ssl._create_unverified_context()
        with closing(http.client.HTTPSConnection("127.0.0.1", self.tls, context=trust, timeout=20)) as connection:
            named = {key.replace("_", "-"): value for key, value in headers.items()}
            connection.request(method, path, body, {"Host": HOST, **named})
            answer = connection.getresponse()
            data, told = answer.read(), dict(answer.getheaders())
            return answer.status, (gzip.decompress(data) if told.get("Content-Encoding") else data).decode(), told


def program(name: str) -> str:
    """The path of a program; left out where it is not here, unless nothing may be."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        if os.environ.get("QIDING_REQUIRE_ALL") == "1":
            pytest.fail(f"{name} is not here, and nothing may be left out")
        pytest.skip(f"{name} is not here")
    return found


def wait_for(port: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nobody listens at {port}")


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """The files of docs/operating/nginx, with this machine's ports and folders in them, run."""
    nginx, folder = program("nginx"), tmp_path_factory.mktemp("nginx")
    (folder / "tls").mkdir()
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
    keys = ["-keyout", str(folder / "tls/privkey.pem"), "-out", str(folder / "tls/fullchain.pem")]
    subprocess.run([program("openssl"), *command[1:], *keys], check=True, capture_output=True)
    tls, plain, one, two = (free_port() for _ in range(4))
    upstream = (FILES / "nginx/qiding-upstream-two.conf").read_text()
    upstream = upstream.replace("10.0.0.11:8000", f"127.0.0.1:{one}").replace("10.0.0.12:8000", f"127.0.0.1:{two}")
    (folder / "upstream.conf").write_text(upstream)
    site = (FILES / "nginx/qiding.conf").read_text()
    site = re.sub(r"listen \[::\]:.*\n", "", site)
    site = site.replace("listen 443", f"listen 127.0.0.1:{tls}").replace("listen 80;", f"listen 127.0.0.1:{plain};")
    site = site.replace("/etc/nginx/qiding-upstream.conf", str(folder / "upstream.conf"))
    site = site.replace("/etc/qiding/tls", str(folder / "tls")).replace("/opt/qiding", str(ROOT))
    site = site.replace("/var/log/nginx/qiding.log", str(folder / "access.log"))
    (folder / "site.conf").write_text(site)
    # nginx's own file, as Debian has it in short: who runs it, its types, and where temporary bodies go.
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{}}\n"
        f"http {{ include {ROOT}/tests/operating/mime.types; client_body_temp_path {folder}/body;\n"
        f"proxy_temp_path {folder}/proxy;\n"
        f"include {folder}/site.conf; }}\n"
    )
    (folder / "echo.py").write_text(ECHO)
    run = [nginx, "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    tried = subprocess.run([*run, "-t"], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    with ExitStack() as kept:
        servers = {}
        for port in (one, two):
            servers[port] = subprocess.Popen(
                [sys.executable, str(folder / "echo.py"), str(port)], stderr=subprocess.DEVNULL
            )
            kept.callback(servers[port].wait)
            kept.callback(servers[port].kill)
        process = subprocess.Popen(run)
        kept.callback(process.wait)
        kept.callback(process.terminate)
        for port in (one, two, tls, plain):
            wait_for(port)
        yield Front(tls, plain, servers, folder / "access.log")


def test_nginx_tells_the_program_who_asks_and_believes_nobody_else(front: Front) -> None:
    status, told, _ = front.ask("/c/ziteng/", X_Forwarded_For="203.0.113.9", X_Forwarded_Host="evil.example")
    assert status == 200
    address, scheme, host, *_ = told.split()
    assert (address, scheme, host) == ("127.0.0.1", "https", HOST)


def test_plain_http_is_sent_to_tls(front: Front) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", front.plain, timeout=20)) as connection:
        connection.request("GET", "/search?q=1", headers={"Host": HOST})
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("Location")) == (301, f"https://{HOST}/search?q=1")


def test_static_files_are_kept_for_good_by_their_version_and_sent_compressed(front: Front) -> None:
    name = next(path for path in (ROOT / "app/static").rglob("*.css")).relative_to(ROOT / "app/static")
    status, body, headers = front.ask(f"/static/{name}?v=1", Accept_Encoding="gzip")
    assert (status, body) == (200, (ROOT / "app/static" / name).read_text())
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["Content-Type"] == "text/css"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert front.ask(f"/static/{name}")[2]["Cache-Control"] == "no-cache"
    for path in ("/static../config.py", "/static/../config.py", "/static/..%2fconfig.py"):
        assert "DATABASE_URL" not in front.ask(path)[1]


def test_bodies_are_limited_where_the_program_limits_them(front: Front) -> None:
    assert front.ask("/", "POST", b"x" * 11_000_000)[1].split()[3] == "11000000"
    assert front.ask("/", "POST", b"x" * 13_000_000)[0] == 413


def test_the_log_holds_no_address_and_nothing_that_was_asked(front: Front) -> None:
    front.ask("/search?q=secretwords")
    front.ask("/c/ziteng/")
    log = front.log.read_text()
    assert log.count("GET 200") >= 2
    assert not re.search(r"127\.0\.0\.1|secretwords|ziteng", log)


def test_one_host_dies_and_nobody_notices(front: Front) -> None:
    both = {front.ask("/")[1].split()[4] for _ in range(20)}
    assert both == {str(port) for port in front.servers}
    dead, process = next(iter(front.servers.items()))
    process.kill()
    process.wait()
    told = [front.ask("/") for _ in range(20)]
    assert {status for status, _, _ in told} == {200}
    assert str(dead) not in {words.split()[4] for _, words, _ in told}


def test_units_can_be_read_and_name_what_is_there(tmp_path: Path) -> None:
    for unit in sorted((FILES / "systemd").iterdir()):
        parsed = ConfigParser(strict=False, interpolation=None)
        parsed.optionxform = str  # type: ignore[assignment,method-assign]
        parsed.read_string(unit.read_text())
        assert parsed["Unit"]["Description"].startswith("Qiding")
        if unit.suffix == ".timer":
            assert unit.with_suffix(".service").exists()
    found = shutil.which("systemd-analyze")
    if found is None:
        return
    here = tmp_path / "bin"
    here.mkdir()
    for name in ("flask", "gunicorn"):
        (here / name).write_text("#!/bin/sh\n")
        (here / name).chmod(0o755)
    for unit in sorted((FILES / "systemd").iterdir()):
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/qiding/.venv/bin", str(here)))
    units = [str(path) for path in tmp_path.glob("qiding-*")]
    done = subprocess.run([found, "verify", "--man=no", *units], capture_output=True, text=True, check=False)
    assert not [line for line in done.stderr.splitlines() if "qiding-" in line], done.stderr


def test_the_settings_of_the_environment_file_are_settings(tmp_path: Path) -> None:
    lines = (FILES / "qiding.env").read_text().splitlines()
    given = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", "\n".join(lines), re.M))
    secrets = {name: str(tmp_path / name) for name in ("SECRET_KEY_FILE", "QIDING_SIGNING_KEY_FILE")}
    config = Config.from_env({**given, "QIDING_VAR": str(tmp_path), **secrets})
    assert config.database_url.startswith(
        "postgresql+psycopg://qiding@/qiding?host=db1.internal,db2.internal&port=5432,5432"
    )
    assert config.replica_url
    assert config.redis_url
    assert (config.forwarded_hops, config.secure_cookies) == (1, True)
    source = (ROOT / "app/config.py").read_text() + (ROOT / "gunicorn.conf.py").read_text()
    assert [name for name in given if f'"{name}"' not in source and f"'{name}'" not in source] == []


def test_the_compose_file_gives_every_process_the_same_settings() -> None:
    services = yaml.safe_load((FILES / "compose/compose.yaml").read_text())["services"]
    ours = [services[name] for name in ("migrate", "web", "worker")]
    assert {one["environment"]["DATABASE_URL"] for one in ours} == {
        "postgresql://qiding:${POSTGRES_PASSWORD:?}@db/qiding"
    }
    assert all(one["environment"] == ours[0]["environment"] and one["volumes"] == ours[0]["volumes"] for one in ours)
    named = [line.split(":")[0] for line in services["nginx"]["volumes"] if line.startswith(".")]
    assert [path for path in named if not (FILES / "compose" / path).exists()] == []
