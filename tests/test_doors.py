"""What keeps strangers out, over the whole of the sources and the settings: words stay words, secrets stay secret."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from app.config import ROOT, Config, MailServer, secret_of

APP = ROOT / "app"
SOURCES = sorted(APP.rglob("*.py"))
SECRET = "a-secret-that-stands-nowhere"


@cache
def tree_of(path: Path) -> ast.Module:
    """A source file, read once."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def calls(path: Path) -> list[ast.Call]:
    """The calls in a source file."""
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]


def called(node: ast.Call) -> str:
    """The last part of the name that is called."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def built(node: ast.expr) -> bool:
    """Whether a text is put together where it stands; not by the driver, which quotes each part (``sql.SQL().format``)."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return not (isinstance(node.func.value, ast.Call) and called(node.func.value) == "SQL")
    return isinstance(node, (ast.JoinedStr, ast.BinOp))


def statements_built(nodes: list[ast.Call]) -> list[int]:
    """The lines of a source that hand a text put together to the database."""
    taking = {"text", "execute", "exec_driver_sql", "literal_column", "scalar", "scalars", "execute_sql"}
    return [node.lineno for node in nodes if called(node) in taking and node.args and built(node.args[0])]


def test_no_statement_is_built_of_texts() -> None:
    found = [f"{path.name}:{n}" for path in SOURCES for n in statements_built(calls(path))]
    assert found == []
    assert not [path.name for path in SOURCES if "noqa: S608" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('db.session.execute(text(f"select * from {name}"))', [1]),
        ('query.order_by(text("a " + sort))', [1]),
        ('text("select {}".format(name))', [1]),
        ('driver.execute(sql.SQL("drop table {}").format(sql.Identifier(name)))', []),
        ('text("select 1")', []),
    ],
)
def test_a_statement_built_of_texts_would_be_found(source: str, found: list[int]) -> None:
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    assert statements_built(nodes) == found


def test_only_one_module_goes_round_the_escaping() -> None:
    found = {path.relative_to(APP).as_posix() for path in SOURCES for node in calls(path) if called(node) == "Markup"}
    assert found == {"core/web.py"}
    marked = {path.name: html for path in APP.rglob("*.html") if (html := path.read_text(encoding="utf-8"))}
    for rule in (r"\|\s*safe\b", r"autoescape", r"\bMarkup\b"):
        assert not [name for name, html in marked.items() if re.search(rule, html)], rule
    assert not [p.name for p in SOURCES if "render_template_string" in p.read_text(encoding="utf-8")]


def test_what_goes_round_the_escaping_was_made_here() -> None:
    """``made_here`` takes what a template or a drawer of codes returned, and nothing else."""
    uses = [node for path in SOURCES for node in calls(path) if called(node) == "made_here"]
    assert uses
    for node in uses:
        assert isinstance(node.args[0], ast.Call), ast.unparse(node)
        assert called(node.args[0]) in ("_board", "svg_inline"), ast.unparse(node)


def test_no_attribute_stands_without_quotes() -> None:
    """Within quotes, what somebody wrote can't become an attribute of its own."""
    bare = re.compile(r"<[a-z][^<>]*\s[a-z-]+=\{\{")
    assert not [path.name for path in APP.rglob("*.html") if bare.search(path.read_text(encoding="utf-8"))]


def test_no_other_server_is_asked_but_by_those_that_may() -> None:
    """E-mail goes to the server of the settings, and the doctor knocks there; robots to the hosts of the settings."""
    opens = {"urlopen", "create_connection", "getaddrinfo", "HTTPConnection", "HTTPSConnection", "SMTP", "SMTP_SSL"}
    found = {path.relative_to(APP).as_posix() for path in SOURCES for node in calls(path) if called(node) in opens}
    assert found <= {"core/faults.py", "notifications/hooks.py", "notifications/smtp.py"}
    names = {"requests", "httpx", "aiohttp", "urllib3"}
    for path in SOURCES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                first = (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
                assert first.split(".")[0] not in names, path.name
                assert first != "urllib.request", path.name


SECRETS = ("SECRET_KEY", "DATABASE_URL", "QIDING_SMTP_PASSWORD", "QIDING_SIGNING_KEY")


def settings(tmp_path: Path, in_files: bool) -> Config:
    """A configuration all of whose secrets are given, in variables or in files."""
    given = dict.fromkeys(SECRETS, SECRET)
    given["DATABASE_URL"] = f"postgresql+psycopg://qiding:{SECRET}@db.example.org/qiding"
    env = {"QIDING_VAR": str(tmp_path), "QIDING_SMTP_URL": "smtps://me@mail.example.org"}
    env |= {"QIDING_MAIL_FROM": "me@example.org"}
    for name, value in given.items():
        if in_files:
            path = tmp_path / name
            path.write_text(value + "\n")
            env[f"{name}_FILE"] = str(path)
        else:
            env[name] = value
    return Config.from_env(env)


@pytest.mark.parametrize("in_files", [False, True])
def test_every_secret_comes_from_a_variable_or_a_file_and_is_never_shown(tmp_path: Path, in_files: bool) -> None:
    config = settings(tmp_path, in_files)
    assert config.secret == SECRET
    assert config.database_url == f"postgresql+psycopg://qiding:{SECRET}@db.example.org/qiding"
    assert isinstance(config.mail, MailServer)
    assert config.mail.password == SECRET
    for shown in (repr(config), str(config), f"{config}", repr(config.mail), repr(replace(config, digest_hour=3))):
        assert SECRET not in shown


def test_the_errors_of_settings_tell_no_secret(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="SECRET_KEY_FILE can't be read") as refused:
        secret_of({"SECRET_KEY_FILE": str(tmp_path)}, "SECRET_KEY")
    assert refused.value.__suppress_context__
    (tmp_path / "bad").write_bytes(b"\xff\xfe" + SECRET.encode())
    with pytest.raises(ValueError, match="can't be read") as refused:
        secret_of({"DATABASE_URL_FILE": str(tmp_path / "bad")}, "DATABASE_URL")
    assert SECRET not in repr(refused.value)
    assert secret_of({}, "SECRET_KEY") == ""
    assert secret_of({"SECRET_KEY": "a", "SECRET_KEY_FILE": "/nowhere"}, "SECRET_KEY") == "a"


@pytest.mark.parametrize(("name", "value"), [("QIDING_SECOND_FACTOR", "sometimes"), ("QIDING_STAFF_HOURS", "long")])
def test_a_setting_that_says_nothing_is_refused_at_the_start(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name if "FACTOR" in name else "invalid literal"):
        Config.from_env({"QIDING_VAR": str(tmp_path), name: value})
