"""Lines of the log: what they hold, and what never stands in them."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from app.core import jobs, logs
from app.core.clock import FixedClock
from app.core.database import db
from app.core.jobs import Claim, enqueue
from app.core.transaction import transaction
from app.people.models import Device, Person
from tests.ballots.world import build
from tests.core.test_core_web import boom
from tests.site.world import World

Lines = Callable[[], list[dict[str, Any]]]


class Kept(logging.Handler):
    """What a process would have written, as JSON."""

    def __init__(self) -> None:
        super().__init__()
        self.stream = io.StringIO()
        self.setFormatter(logs.formatter("json"))

    def emit(self, record: logging.LogRecord) -> None:
        self.stream.write(self.format(record) + "\n")


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The lines written so far."""
    kept, names = Kept(), ("", *logs.OURS)
    levels = {name: logging.getLogger(name).level for name in names}
    logging.getLogger().addHandler(kept)
    for name in logs.OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in kept.stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(kept)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_a_request_is_one_line_with_its_route_and_no_more(town: World, lines: Lines) -> None:
    client = town.app.test_client()
    answer = client.get("/c/ziteng/?q=geheim", headers={"Referer": "https://example.org/weiter"})
    assert answer.text
    (line,) = lines()
    assert line == {
        "time": line["time"],
        "level": "info",
        "logger": "qiding.request",
        "says": "request",
        "pid": line["pid"],
        "id": answer.headers["X-Request-ID"],
        "route": "/c/<slug>/",
        "method": "GET",
        "status": 200,
        "ms": line["ms"],
        "queries": line["queries"],
    }
    assert re.fullmatch(r"\d{10}", line["id"])
    assert line["queries"] > 3
    for path, method in (("/nowhere/geheim", "GET"), ("/help", "GEHEIM")):
        assert client.open(path, method=method).text
    assert [(one["route"], one["method"], one["status"]) for one in lines()[1:]] == [
        ("none", "GET", 404),
        ("none", "other", 405),
    ]
    assert "geheim" not in json.dumps(lines()).lower()


def test_a_page_that_breaks_says_where_and_the_number_that_its_page_shows(
    town: World, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = IntegrityError("INSERT INTO person", {"name": "周奶奶"}, Exception("Key (name)=(周奶奶) exists"))
    for broken, kinds in ((KeyError("周奶奶"), ["KeyError"]), (error, ["IntegrityError"])):
        monkeypatch.setitem(town.app.view_functions, "site.help", boom(broken))
        answer = town.app.test_client().get("/help", headers={"Accept-Language": "en"})
        shown = re.findall(r"say this number: (\d{3}\s\d{3}\s\d{4})", answer.text)
        fault, request = lines()[-2:]
        assert (fault["level"], fault["error"], fault["route"]) == ("error", kinds, "/help")
        assert any(place.startswith("tests/core/test_core_web.py:") for place in fault["places"]), fault["places"]
        assert fault["id"] == request["id"] == answer.headers["X-Request-ID"]
        assert (request["level"], request["status"]) == ("error", answer.status_code)
        assert ["".join(number.split()) for number in shown] == [request["id"]]
    assert "周奶奶" not in json.dumps(lines(), ensure_ascii=False)
    assert "say this number" not in town.app.test_client().get("/nowhere", headers={"Accept-Language": "en"}).text


def test_lines_of_a_job_name_it_and_not_what_its_error_says(app: Flask, lines: Lines) -> None:
    def fails(_claim: Claim) -> None:
        raise OSError(28, "no room for 周奶奶.jpg")

    with app.app_context():
        with transaction() as tx:
            job_id = enqueue(tx, "test", {"name": "周奶奶"}).id
        jobs.run_one({"test": fails})
        with transaction() as tx:
            enqueue(tx, "fine", {})
        jobs.run_one({"fine": lambda _claim: None})
    failed, done = lines()
    assert (failed["job"], failed["kind"], failed["attempt"], failed["error"]) == (
        job_id,
        "test",
        1,
        ["OSError ENOSPC"],
    )
    assert (done["kind"], done["says"]) == ("fine", "a job is done")
    assert "周" not in json.dumps(lines(), ensure_ascii=False)


@pytest.mark.parametrize(
    ("message", "arguments", "said"),
    [
        ("Invalid request from ip=203.0.113.9: Invalid line: 'GET /m/geheim'", (), "Invalid request"),
        ("Error handling request %s %s", ("GET", "/m/geheim?x=1"), "Error handling request GET …"),
        ("WORKER TIMEOUT (pid:%s)", (42,), "WORKER TIMEOUT (pid:42)"),
        ("closed [2001:db8::9]:443 and 203.0.113.9", (), "closed …:443 and …"),
        ("100% of %s %s", ("geheim",), "100% of %s %s"),
        (ValueError("geheim"), (), "ValueError"),
    ],
)
def test_of_libraries_lines_only_their_own_words_are_kept(
    message: object, arguments: tuple[object, ...], said: str
) -> None:
    record = logging.LogRecord("gunicorn.error", logging.ERROR, __file__, 1, message, arguments, None)
    assert logs.fields_of(record)["says"] == said


def test_a_line_for_people_holds_the_same(lines: Lines) -> None:
    record = logging.LogRecord("app.core.jobs", logging.ERROR, __file__, 1, "a job failed", (), None)
    record.fields = {"job": 7}
    with logs.about(attempt=2):
        text = logs.formatter("text").format(record)
    assert re.fullmatch(r"\S+Z error   app\.core\.jobs: a job failed( id=\S+ route=\S+)? attempt=2 job=7", text)
    try:
        raise ZeroDivisionError("geheim") from OSError(28, "geheim")
    except ZeroDivisionError as error:
        record.exc_info = (type(error), error, error.__traceback__)
    below = logs.formatter("text").format(record).splitlines()[1:]
    assert below[0].strip() == "ZeroDivisionError < OSError ENOSPC"
    assert "test_core_logs.py" in below[1]
    assert "geheim" not in "".join(below)


def test_an_id_of_the_proxy_is_taken_where_there_is_one_and_it_looks_right(town: World, lines: Lines) -> None:
    client = town.app.test_client()
    given = "0af7651916cd43dd8448eb211c80319c"
    assert client.get("/help", headers={"X-Request-ID": given}).headers["X-Request-ID"] != given  # nobody is in front
    observed = _observed(town.app)
    observed.trusts = True
    try:
        answer = client.get("/help", headers={"X-Request-ID": given})
        assert answer.headers["X-Request-ID"] == given
        assert answer.text
        assert re.fullmatch(r"\d{10}", lines()[-1]["number"])
        for wrong in ("short", "with space in it", "x" * 65, "<script>alert(1)</script>", "周奶奶周奶奶周奶奶"):
            headers = {"X-Request-ID": wrong.encode().decode("latin-1")}
            assert re.fullmatch(r"\d{10}", client.get("/help", headers=headers).headers["X-Request-ID"])
    finally:
        observed.trusts = False


def _observed(app: Flask) -> Any:
    link: Any = app.wsgi_app
    while type(link).__name__ != "Observed":
        link = getattr(link, "inner", None) or link.app
    return link


def test_a_vote_leaves_nothing_of_who_or_what_in_the_log(app: Flask, clock: FixedClock, lines: Lines) -> None:
    world = build(app, clock)
    poll = world.open()
    client = app.test_client()
    world.sign_in(client, 0)
    page = client.get(f"/c/{world.slug}/poll/{poll}").text
    form = dict(re.findall(r'<input[^>]*name="(csrf_token|once)"[^>]*value="([^"]*)"', page))
    form |= {"stance": "concern", "concern": "我担心楼道太暗"}
    sent = client.post(f"/c/{world.slug}/poll/{poll}", data=form)
    assert (sent.status_code, bool(sent.text)) == (303, True)
    written = json.dumps(lines(), ensure_ascii=False)
    assert [line["route"] for line in lines()][-2:] == ["/c/<slug>/poll/<public_id>"] * 2, written
    with app.app_context():
        secret = [*db.session.scalars(db.select(Person.name)), *db.session.scalars(db.select(Person.public_id))]
        secret += db.session.scalars(db.select(Device.public_id)).all()
    for word in ("concern", "担心", "127.0.0.1", poll, world.slug, *form.values(), *filter(None, secret)):
        assert word not in written, word


def test_the_number_is_on_pages_that_refuse_and_on_no_others(town: World, client: FlaskClient) -> None:
    for path, method, shown in (
        ("/sign-in", "POST", True),
        ("/nowhere", "GET", False),
        ("/sign-out", "GET", False),
    ):
        page = client.open(path, method=method, headers={"Accept-Language": "en"})
        assert ("say this number" in page.text) is shown, path
