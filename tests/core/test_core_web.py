"""The web's plumbing: headers on every answer, errors as page and JSON, forms without a token, cookies, local paths."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, inspect, select, text
from sqlalchemy.exc import OperationalError
from werkzeug.routing import IntegerConverter, Rule
from werkzeug.test import TestResponse

from app.config import Config
from app.core.clock import FixedClock
from app.core.database import db
from app.core.web import HEADERS, local_path
from app.factory import create_app
from app.people.models import MoveCode
from tests.conftest import NOON
from tests.site.world import World

JSON = {"Accept": "application/json"}


def boom(error: Exception) -> Callable[..., Any]:
    """A page that breaks."""

    def view(**_arguments: object) -> str:
        raise error

    return view


def check_headers(response: TestResponse) -> None:
    """What every answer carries."""
    for name, value in HEADERS.items():
        assert response.headers[name] == value, (name, response.status)
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/help", {}, 200),
        ("HEAD", "/help", {}, 200),
        ("OPTIONS", "/help", {}, 200),
        ("GET", "/static/qiding.css", {}, 200),
        ("GET", "/language/en", {}, 302),
        ("GET", "/me/devices", {}, 302),
        ("POST", "/sign-in", {}, 400),
        ("GET", "/me/devices", JSON, 401),
        ("GET", "/nowhere", {}, 404),
        ("GET", "/nowhere", JSON, 404),
        ("GET", "/static/nothing.css", {}, 404),
        ("DELETE", "/help", {}, 405),
        ("GET", "/sign-out", JSON, 405),
    ],
)
def test_every_answer_carries_the_headers(
    client: FlaskClient, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    response = client.open(path, method=method, headers=headers)
    response.close()
    assert response.status_code == status
    check_headers(response)
    if not path.startswith("/static/"):
        assert "Cookie" in response.headers["Vary"]
        assert "public" not in response.headers.get("Cache-Control", "")


def test_what_breaks_is_a_page_that_says_nothing_was_recorded(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = OperationalError("INSERT secret", {}, Exception("database or disk is full"))
    for broken, status, words in (
        (ZeroDivisionError("secret"), 500, "Nothing was recorded"),
        (error, 503, "What was recorded is safe"),  # whoever only reads has nothing that could be recorded
    ):
        monkeypatch.setitem(app.view_functions, "site.help", boom(broken))
        page = client.get("/help", headers={"Accept-Language": "en"})
        assert page.status_code == status
        assert words in page.text
        assert "secret" not in page.text
        assert "Traceback" not in page.text
        check_headers(page)
        assert page.headers["Cache-Control"] == "no-store"
        answer = client.get("/help", headers=JSON)
        assert (answer.status_code, answer.mimetype) == (status, "application/json")
        assert "secret" not in answer.text


def test_errors_are_pages_that_help(client: FlaskClient) -> None:
    page = client.get("/nowhere", headers={"Accept-Language": "en"})
    assert page.status_code == 404
    assert page.text.count("<h1") == 1
    assert 'href="/help"' in page.text
    assert "It works without a phone too" in page.text
    page = client.get("/sign-out", headers={"Accept-Language": "en"})
    assert (page.status_code, set(page.headers["Allow"].split(", "))) == (405, {"OPTIONS", "POST"})
    assert "This page can only be read" in page.text


def test_errors_are_json_for_those_who_ask_for_it(town: World, client: FlaskClient) -> None:
    assert client.get("/nowhere", headers=JSON).get_json()["error"] == "error"
    answer = client.get("/c/nowhere/", headers={**JSON, "Accept-Language": "en"})
    assert (answer.status_code, answer.get_json()["error"]) == (404, "not_found")
    answer = client.get("/me/devices", headers=JSON)
    assert (answer.status_code, answer.get_json()["error"]) == (401, "sign_in")
    town.sign_in(client, town.neighbour)
    answer = client.get("/c/ziteng/desk", headers={**JSON, "Accept-Language": "en"})
    assert (answer.status_code, answer.get_json()) == (
        403,
        {"error": "forbidden", "message": "Only the facilitators of this community may do this."},
    )
    check_headers(answer)


def test_a_neighbour_is_told_why_and_an_outsider_that_there_is_nothing(town: World, client: FlaskClient) -> None:
    town.sign_in(client, town.neighbour)
    page = client.get("/c/ziteng/desk", headers={"Accept-Language": "en"})
    assert page.status_code == 403
    assert "Only the facilitators of this community may do this." in page.text
    check_headers(page)
    assert client.get("/c/guixiang/desk").status_code == 404


def test_who_is_not_signed_in_is_asked_to_and_comes_back(town: World, client: FlaskClient) -> None:
    response = client.get("/c/ziteng/desk?find=5-302")
    assert response.status_code == 302
    assert response.headers["Location"] == "/sign-in?next=/c/ziteng/desk?find%3D5-302"


def snapshot() -> dict[str, int]:
    """How many rows each table has."""
    with db.engine.connect() as connection:
        names = inspect(connection).get_table_names()
        return {name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in names}


def unsafe(app: Flask, rule: Rule) -> list[tuple[str, str]]:
    """An address of a route that changes something, with each method that does."""
    arguments: dict[str, object] = {}
    for name in rule.arguments:
        converter = rule._converters[name]
        arguments[name] = next(
            iter(getattr(converter, "items", [])), 1 if isinstance(converter, IntegerConverter) else "x"
        )
    if "slug" in arguments:
        arguments["slug"] = "ziteng"
    with app.test_request_context():
        path = app.url_for(rule.endpoint, **arguments)  # type: ignore[arg-type]
    return [(path, method) for method in sorted((rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"})]


def test_no_form_without_its_token_is_taken(town: World, client: FlaskClient) -> None:
    town.sign_in(client, town.admin)
    with town.app.app_context():
        before = snapshot()
    routes = [(path, method) for rule in town.app.url_map.iter_rules() for path, method in unsafe(town.app, rule)]
    assert len(routes) > 30
    for path, method in routes:
        if path.startswith("/mail/") and "/stop/" in path:
            continue  # a mail program has no page of ours (RFC 8058): the link itself is the secret
        for data in ({}, {"csrf_token": "wrong"}):
            response = client.open(path, method=method, data=data)
            assert response.status_code == 400, (method, path)
            check_headers(response)
    with town.app.app_context():
        assert snapshot() == before


def test_what_another_sites_page_sends_is_refused_even_with_the_token(town: World, client: FlaskClient) -> None:
    town.sign_in(client, town.neighbour)
    client.get("/me/devices")
    page = client.get("/me/devices").text
    token = {"csrf_token": re.findall(r'name="csrf_token"[^>]*value="([^"]*)"', page)[0]}
    for origin in ("https://evil.example.com", "http://localhost.evil.example.com"):
        assert client.post("/me/devices/move", data=token, headers={"Origin": origin}).status_code == 400
    assert client.post("/me/devices/move", data=token, headers={"Origin": "http://localhost"}).status_code == 303


def test_a_form_of_another_session_is_refused(town: World, client: FlaskClient) -> None:
    stranger = town.app.test_client()
    stranger.get("/sign-in")
    with stranger.session_transaction() as session:
        foreign = session["csrf_token"]
    town.sign_in(client, town.neighbour)
    client.get("/me/devices")
    page = client.post("/me/devices/move", data={"csrf_token": foreign}, headers={"Accept-Language": "en"})
    assert page.status_code == 400
    assert "nothing was recorded" in page.text
    with town.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(MoveCode)) == 0


def test_too_much_is_refused(client: FlaskClient) -> None:
    long, part = b"x" * 1_100_000, b'--b\r\nContent-Disposition: form-data; name="code"\r\n\r\n'
    for kind, body in (
        ("application/x-www-form-urlencoded", b"code=" + long),
        ("multipart/form-data; boundary=b", part + long + b"\r\n--b--\r\n"),
    ):
        page = client.post("/sign-in", data=body, content_type=kind, headers={"Accept-Language": "en"})
        assert page.status_code == 413
        assert "at most 10 MB" in page.text
        check_headers(page)
    many = (part + b"x\r\n") * 1_100 + b"--b--\r\n"
    assert client.post("/sign-in", data=many, content_type="multipart/form-data; boundary=b").status_code == 413


def test_the_language_is_kept_in_a_cookie(client: FlaskClient) -> None:
    assert '<html lang="zh-Hans"' in client.get("/help").text
    assert '<html lang="en"' in client.get("/help", headers={"Accept-Language": "fr, en-GB;q=0.8"}).text
    response = client.get("/language/en?next=/help%3Fa%3D1")
    assert response.headers["Location"] == "/help?a=1"
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("lang=en;")
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=31536000"))
    assert '<html lang="en"' in client.get("/help", headers={"Accept-Language": "zh-CN"}).text
    client.get("/language/zh_Hans")
    assert '<html lang="zh-Hans"' in client.get("/help", headers={"Accept-Language": "en"}).text
    for wrong in ("fr", "..", "en;HttpOnly"):
        response = client.get(f"/language/{wrong}")
        assert response.status_code == 404
        assert "Set-Cookie" not in response.headers


def test_an_unknown_language_in_the_cookie_is_chinese(client: FlaskClient) -> None:
    client.set_cookie("lang", "xx")
    client.set_cookie("size", "<script>")
    page = client.get("/help")
    assert '<html lang="zh-Hans">' in page.text


def test_large_type_is_kept_in_a_cookie(client: FlaskClient) -> None:
    assert '<html lang="zh-Hans">' in client.get("/help").text
    assert client.get("/size/large?next=/help").headers["Location"] == "/help"
    assert '<html lang="zh-Hans" class="lt">' in client.get("/help").text
    assert '<html lang="zh-Hans" class="lt">' in client.get("/nowhere").text
    client.get("/size/normal")
    assert '<html lang="zh-Hans">' in client.get("/help").text
    assert client.get("/size/huge").status_code == 404


EVIL = [
    "javascript:alert(1)",
    "//evil",
    "\\evil",
    "/\\evil",
    "http:evil",
    "https://evil",
    "/\t/evil",
    "/\n/evil",
    " /a",
]
EVIL += ["/a b", "/a\x00", "evil", "", "///evil", "/" + "a" * 500, "/a\\..\\b", "\u3000/a", "data:text/html,x"]


@pytest.mark.parametrize("target", EVIL)
def test_what_might_lead_elsewhere_leads_home(client: FlaskClient, target: str) -> None:
    assert local_path(target) == "/"
    assert local_path(target, "/me") == "/me"
    response = client.get("/language/en", query_string={"next": target})
    if "\x00" in target:
        assert response.status_code == 400
        return
    assert response.headers["Location"] == "/"
    page = client.get("/sign-in", query_string={"next": target})
    assert 'name="next" type="hidden" value="">' in page.text


@pytest.mark.parametrize("target", ["/", "/me", "/c/ziteng?a=1&b=2#c", "/c/%E7%B4%AB", "/a//b", "/c/紫藤"])
def test_a_path_of_this_site_is_followed(target: str) -> None:
    assert local_path(target) == target
    assert local_path(None) == "/"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application as it is served: over HTTPS, behind a proxy, for named hosts only."""
    folder = tmp_path_factory.mktemp("served")
    config = Config(
        database_url=f"sqlite:///{folder / 'served.db'}",
        media_dir=folder / "media",
        secret="for-tests-only",
        base_url="https://qiding.example.org",
        trusted_hosts=("qiding.example.org",),
        secure_cookies=True,
        forwarded_hops=1,
    )
    return create_app(config, FixedClock(NOON))


def test_over_https_cookies_are_bound_to_the_host(served: Flask) -> None:
    page = served.test_client().get("/language/en", base_url="https://qiding.example.org")
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Secure" in page.headers["Set-Cookie"]
    assert served.config["SESSION_COOKIE_NAME"] == "__Host-qiding"
    assert served.config["SESSION_COOKIE_SECURE"]
    assert served.config["SESSION_COOKIE_HTTPONLY"]
    assert served.config["SESSION_COOKIE_SAMESITE"] == "Lax"


def test_a_foreign_host_is_refused(served: Flask) -> None:
    answer = served.test_client().get("/language/en", base_url="https://evil.example.com")
    assert answer.status_code == 400
    assert "evil" not in answer.text
    assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_json_of_an_error_is_in_the_readers_language(client: FlaskClient) -> None:
    answer = client.get("/c/nowhere/", headers={**JSON, "Accept-Language": "zh"})
    assert json.loads(answer.text)["message"] == "没有这个页面。"
