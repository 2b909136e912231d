"""Settings: read from the environment; the secret is made once, for its owner's eyes only."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.config import Config, MissingPackage, read_secret
from app.core import database
from app.core.database import engine_options
from app.database_url import database_url


def test_the_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret"
    secret = read_secret(path)
    assert len(secret) >= 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_secret(path) == secret
    assert read_secret(tmp_path / "other") != secret
    assert [file.name for file in path.parent.iterdir()] == ["secret"]


@pytest.mark.parametrize("left", ["", "\n"])
def test_an_empty_secret_is_none(tmp_path: Path, left: str) -> None:
    path = tmp_path / "secret"
    path.write_text(left)
    secret = read_secret(path)
    assert len(secret) >= 64
    assert read_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_many_who_start_at_once_share_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: read_secret(tmp_path / "secret"), range(16)))
    assert len(found) == 1
    assert len(found.pop()) >= 64


def test_a_secret_of_the_environment_makes_no_file(tmp_path: Path) -> None:
    config = Config.from_env({"QIDING_VAR": str(tmp_path), "SECRET_KEY": "given", "QIDING_SIGNING_KEY": "signs"})
    assert (config.secret, config.signing_secret, config.signing_file) == ("given", "signs", None)
    assert list(tmp_path.iterdir()) == []
    elsewhere = Config.from_env(
        {
            "QIDING_VAR": str(tmp_path),
            "SECRET_KEY_FILE": str(tmp_path / "kept"),
            "QIDING_SIGNING_KEY_FILE": str(tmp_path / "signing"),
        }
    )
    assert elsewhere.signing_file == tmp_path / "signing"
    assert stat.S_IMODE((tmp_path / "signing").stat().st_mode) == 0o600
    assert (tmp_path / "kept").read_text().strip() == elsewhere.secret


def test_without_settings_all_is_under_one_folder(tmp_path: Path) -> None:
    config = Config.from_env({"QIDING_VAR": str(tmp_path)})
    assert config.database_url == f"sqlite:///{tmp_path / 'qiding.db'}"
    assert config.media_dir == tmp_path / "media"
    assert (tmp_path / "secret").exists()
    assert config.is_sqlite
    assert config.jobs_in_thread
    assert (config.secure_cookies, config.index_pages, config.testing) == (False, False, False)
    assert config.base_url is None


def test_settings_are_taken_as_given(tmp_path: Path) -> None:
    config = Config.from_env(
        {
            "QIDING_VAR": str(tmp_path),
            "SECRET_KEY": "given",
            "DATABASE_URL": "postgresql+psycopg://db/qiding",
            "BASE_URL": "https://qiding.example.org/",
            "TRUSTED_HOSTS": "qiding.example.org,,example.org",
            "FORWARDED_HOPS": "1",
        }
    )
    assert (config.base_url, config.secure_cookies) == ("https://qiding.example.org", True)
    assert config.trusted_hosts == ("qiding.example.org", "example.org")
    assert (config.is_sqlite, config.jobs_in_thread, config.forwarded_hops) == (False, False, 1)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("postgresql://user@host/town", "postgresql+psycopg://user@host/town"),
        ("postgres://user:p%40ss@host:5433/town", "postgresql+psycopg://user:p%40ss@host:5433/town"),
        ("postgresql+psycopg://user@host/town", "postgresql+psycopg://user@host/town"),
        ("postgresql:///town?host=/run/postgresql", "postgresql+psycopg:///town?host=/run/postgresql"),
        ("postgresql://[::1]:5433/town", "postgresql+psycopg://[::1]:5433/town"),
        (
            "postgresql://user@one:5433,two,[::1]:5434/town?target_session_attrs=read-write",
            "postgresql+psycopg://user@/town?host=one,two,::1&port=5433,5432,5434&target_session_attrs=read-write",
        ),
        ("sqlite:////var/lib/qiding/qiding.db", "sqlite:////var/lib/qiding/qiding.db"),
    ],
)
def test_the_address_of_a_database_is_read_as_people_write_it(written: str, read: str) -> None:
    assert database_url(f" {written}\n") == read
    assert database_url(read) == read


@pytest.mark.parametrize(
    "written",
    ["mysql://secret@host/town", "postgresql:town", "postgresql://secret@host", "postgresql://secret@host:99999/town",
     "postgresql://secret@one:x,two/town", "postgresql://secret@one,,two/town", "postgresql://secret@[::1/town", "town.db"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_without_saying_it_again(written: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL is sqlite:") as refused:
        database_url(written)
    assert "secret" not in str(refused.value)


def test_a_missing_driver_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config.from_env({"QIDING_VAR": str(tmp_path), "DATABASE_URL": "postgresql://host/town"})
    assert engine_options(config)["connect_args"]["connect_timeout"] == 5
    monkeypatch.setattr(database.importlib.util, "find_spec", lambda _name: None)  # type: ignore[attr-defined]
    with pytest.raises(MissingPackage, match=r"pip install 'psycopg\[binary\]'"):
        engine_options(config)


def test_a_replica_is_postgresqls(tmp_path: Path) -> None:
    replica = {"QIDING_VAR": str(tmp_path), "DATABASE_REPLICA_URL": "postgres://host/town"}
    with pytest.raises(ValueError, match="SQLite has no replica"):
        Config.from_env(replica)
    config = Config.from_env({**replica, "DATABASE_URL": "postgres://other/town", "REDIS_URL": "redis://one"})
    assert (config.replica_url, config.redis_url) == ("postgresql+psycopg://host/town", "redis://one")


def test_lines_are_text_or_json_and_nothing_else(tmp_path: Path) -> None:
    env = {"QIDING_VAR": str(tmp_path)}
    assert (Config.from_env(env).log, Config.from_env(env).metrics) == ("text", "")
    assert Config.from_env({**env, "QIDING_LOG": "json", "QIDING_METRICS_PORT": "9400"}).log == "json"
    with pytest.raises(ValueError, match="QIDING_LOG is one of: text, json"):
        Config.from_env({**env, "QIDING_LOG": "xml"})
