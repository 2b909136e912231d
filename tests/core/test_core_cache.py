"""What is kept: found while it holds, forgotten when there is too much of it, made by one at a time, shared where one can."""

from __future__ import annotations

import threading
from pathlib import Path

from app.core.cache import OVERHEAD, Entry, Kept
from app.core.pages import program


def entry(version: int = 1, body: bytes = b"words", made: int = 100, until: int = 60_100) -> Entry:
    return Entry(version, made, until, (("Content-Type", "text/html"),), body, b"packed")


class Place(dict[str, bytes]):
    """What processes share, as a dictionary."""

    seconds = 0

    def set(self, key: str, value: bytes, seconds: int) -> None:
        self[key], self.seconds = value, seconds


def test_an_entry_is_found_while_version_and_time_are_its_own() -> None:
    kept = Kept(10_000)
    kept.keep("page", entry())
    assert kept.find("page", 1, 100) == entry()
    assert kept.find("page", 1, 60_099) == entry()
    assert kept.find("page", 2, 100) is None
    assert kept.find("page", 1, 60_100) is None
    assert kept.find("page", 1, 99) is None, "made in what is the future now: the clock was set back"
    assert kept.find("other", 1, 100) is None


def test_the_newest_entry_takes_the_place_of_the_one_before() -> None:
    kept = Kept(10_000)
    kept.keep("page", entry(1))
    kept.keep("page", entry(2, b"other words"))
    assert kept.find("page", 1, 100) is None
    found = kept.find("page", 2, 100)
    assert found is not None
    assert found.body == b"other words"
    assert kept.size == found.size


def test_what_was_least_asked_for_goes_first() -> None:
    size = entry(body=b"x" * 400).size
    kept = Kept(size * 10)
    for n in range(10):
        kept.keep(n, entry(body=b"x" * 400))
    assert kept.find(0, 1, 100)
    kept.keep(10, entry(body=b"x" * 400))
    assert len(kept) == 10
    assert kept.find(0, 1, 100)
    assert kept.find(1, 1, 100) is None
    assert kept.size <= size * 10


def test_one_page_never_takes_the_place_of_all_others() -> None:
    kept = Kept(8 * (OVERHEAD + 1_000))
    kept.keep("small", entry())
    kept.keep("huge", entry(body=b"x" * 2_000))
    assert kept.find("huge", 1, 100) is None
    assert kept.find("small", 1, 100)


def test_another_process_finds_it_where_both_look() -> None:
    place = Place()
    one, other, newer = (Kept(10_000, lambda: place, code) for code in ("a", "a", "b"))
    one.keep("page", entry())
    assert place.seconds == 60
    assert other.find("page", 1, 100) == entry()
    assert other.find("page", 2, 100) is None
    assert other.find("page", 1, 60_100) is None
    assert newer.find("page", 1, 100) is None, "another program makes its own pages"
    place.clear()
    assert other.find("page", 1, 100) == entry(), "it keeps what it found"


def test_one_makes_it_and_the_others_wait() -> None:
    kept = Kept(10_000)
    assert kept.begin("page") is None
    waits = kept.begin("page")
    assert isinstance(waits, threading.Event)
    assert not waits.is_set()
    assert kept.begin("other") is None
    kept.end("page")
    assert waits.is_set()
    assert kept.begin("page") is None
    kept.end("nobody makes this")


def test_each_state_of_the_program_has_a_name_of_its_own(tmp_path: Path) -> None:
    names = [program(tmp_path)]
    for place, words in (("app/page.html", "一"), ("app/page.html", "二"), ("translations/zh/m.po", "三")):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(words, encoding="utf-8")
        names.append(program(tmp_path))
    (tmp_path / "app" / "page.pyc").write_bytes(b"no source")
    assert len(set(names)) == 4
    assert program(tmp_path) == names[-1]
