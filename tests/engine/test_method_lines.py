"""Finding the lines of tables and keys in TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest

from app.engine.toml_lines import Path, find_lines
from tests.engine.small_method import SMALL

SOURCE = '''\
# a comment = "with a sign"
name = "one"

list = [  # [not.a.header]
  "a ] b",
  "c",
]
long = """
[header]
key = "inside"
"""
raw = \'\'\'
[[steps]]
\'\'\'
after."the dot" = { x = "}", y = 2 }

[table.sub]
a = 1
[[steps]] # first
key = "s0"
  [[steps.gates]]
  key = "g0"
  [steps.gates.settings]
  least = 2
[[steps]]
key = "s1"
  [[steps.gates]]
  key = "g1"
  [[steps.gates]]
  kind = "back\\\\"
  last = 'C:\\'
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 2),
        (("list",), 4),
        (("long",), 8),
        (("raw",), 12),
        (("after", "the dot"), 15),
        (("after", "the dot", "y"), 15),
        (("table",), 17),
        (("table", "sub", "a"), 18),
        (("steps",), 19),
        (("steps", 0), 19),
        (("steps", 0, "key"), 20),
        (("steps", 0, "gates", 0), 21),
        (("steps", 0, "gates", 0, "settings", "least"), 24),
        (("steps", 1), 25),
        (("steps", 1, "gates", 0, "key"), 28),
        (("steps", 1, "gates", 1), 29),
        (("steps", 1, "gates", 1, "kind"), 30),
        (("steps", 1, "gates", 1, "last"), 31),
    ],
)
def test_the_line_of_a_path(path: Path, line: int) -> None:
    tomllib.loads(SOURCE)
    assert find_lines(SOURCE).line(path) == line


def test_what_is_not_written_has_the_line_of_the_table_around_it() -> None:
    lines = find_lines(SOURCE)
    assert lines.line(("steps", 1, "gates", 1, "activity")) == 29
    assert lines.line(("nothing",)) == 1
    assert find_lines("").line(("nothing",)) == 1


def test_what_stands_inside_strings_and_lists_is_no_key() -> None:
    found = find_lines(SOURCE).found
    assert ("header",) not in found
    assert ("key",) not in found
    assert ("not",) not in found


def _paths(value: object, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from _paths(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, dict):
                yield (*path, index)
                yield from _paths(inner, (*path, index))


@pytest.mark.parametrize("source", [SOURCE, SMALL, SMALL.replace("\n", "\r\n")])
def test_the_reader_and_the_finder_agree_on_what_is_there(source: str) -> None:
    read = set(_paths(tomllib.loads(source)))
    found = find_lines(source).found
    assert set(found) <= read
    # What the finder doesn't know stands in an inline table: its nearest known path is the table's key.
    for path in read - set(found):
        assert find_lines(source).line(path) == find_lines(source).line(path[:-1])
