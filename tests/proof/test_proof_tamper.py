"""Every file of a bundle, every field of an entry, and entries and ballots put in, taken out, moved and said again.

Whoever tampers writes the list of files anew, so that another check than that of the files must find it, by name.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.core.clock import FixedClock
from app.engine.canonical import canon
from app.engine.notes import Signer, checkpoint_text, parse, read_checkpoint
from tests.ballots.world import World, build
from tests.conftest import emptied
from tests.proof.bundles import Files, apart, built, failure, lines, together, voted, with_lines


@pytest.fixture(scope="module")
def files(installation: Flask, database_url: str) -> Iterator[Files]:
    with emptied(installation, database_url) as app:
        clock: FixedClock = app.extensions["qiding.clock"]
        world: World = build(app, clock)
        yield apart(built(world, voted(world)))


def broken(files: Files, **options: str) -> tuple[str, str]:
    """Which check fails, and how."""
    return failure(together(files), **options)[:2]


def test_each_file_changed_is_named(files: Files) -> None:
    for name, data in files.items():
        if name == "bundle.json":
            continue
        for at in (0, len(data) // 2, len(data) - 1):
            other = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            check, how, values = failure(together({**files, name: other}, fit=False))
            assert (check, how, values["file"]) == ("files", "file", name)


def test_a_file_too_many_or_too_few_is_named(files: Files) -> None:
    for name in set(files) - {"bundle.json"}:
        without = {key: data for key, data in files.items() if key != name}
        assert failure(together(without, fit=False))[2] == {"file": name}
    assert failure(together({**files, "more.txt": b""}, fit=False))[2] == {"file": "more.txt"}
    out = together(files)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as archive:
        archive.writestr("log.jsonl", b"")
    assert failure(out)[0] == "files"


def test_what_is_no_bundle(files: Files) -> None:
    assert failure(io.BytesIO(b"nothing"))[:2] == ("files", "unreadable")
    assert failure(io.BytesIO())[:2] == ("files", "unreadable")
    listed = json.loads(files["bundle.json"])
    for field in listed:
        for value in (None, "x"):
            other = {**files, "bundle.json": canon({**listed, field: value}) + b"\n"}
            assert failure(together(other, fit=False))[0] in ("files", "keys", "checkpoints", "announcement"), field
    assert broken({**files, "bundle.json": b'{"format": "qiding/bundle/v1", "files": {}}'}) != ("", "")


LOG: dict[str, Callable[[list[Any]], list[Any]]] = {
    "taken out": lambda rows: rows[:3] + rows[4:],
    "the last taken out": lambda rows: rows[:-1],
    "the first taken out": lambda rows: rows[1:],
    "said again": lambda rows: [*rows, rows[-1]],
    "said again in the middle": lambda rows: rows[:4] + rows[3:],
    "moved": lambda rows: [*rows[:3], rows[4], rows[3], *rows[5:]],
    "put in": lambda rows: [*rows, {**rows[-1], "seq": len(rows)}],
}


@pytest.mark.parametrize("how", LOG)
def test_entries_of_the_log(files: Files, how: str) -> None:
    other = with_lines(files, "log.jsonl", LOG[how](lines(files, "log.jsonl")))
    wanted = {"put in": "checkpoints", "the last taken out": "checkpoints"}.get(how, "log")
    assert broken(other)[0] == wanted


@pytest.mark.parametrize("how", LOG)
def test_entries_of_the_log_numbered_anew(files: Files, how: str) -> None:
    rows = [{**row, "seq": seq} for seq, row in enumerate(LOG[how](lines(files, "log.jsonl")))]
    assert broken(with_lines(files, "log.jsonl", rows))[0] in ("checkpoints", "keys")


def test_each_field_of_each_entry(files: Files) -> None:
    rows = lines(files, "log.jsonl")
    seen = set()
    for seq, row in enumerate(rows):
        for field, value in row.items():
            if (row["kind"], field) in seen:
                continue
            seen.add((row["kind"], field))
            for other in (_other(value), None):
                tampered = with_lines(files, "log.jsonl", [*rows[:seq], {**row, field: other}, *rows[seq + 1 :]])
                check, how, values = failure(together(tampered))
                # The signature of the next checkpoint is what finds it, unless the log itself can't be so.
                assert check in ("log", "keys", "checkpoints"), (row["kind"], field)
                assert how != "unreadable" or check == "keys"
                if how == "root":
                    assert values["entry"] >= seq
            without = {key: said for key, said in row.items() if key != field}
            tampered = with_lines(files, "log.jsonl", [*rows[:seq], without, *rows[seq + 1 :]])
            assert broken(tampered)[0] in ("log", "keys", "checkpoints"), (row["kind"], field)
    assert {kind for kind, _ in seen} >= {"key.introduced", "poll.announced", "ballots.sealed", "poll.closed"}


def _other(value: Any) -> Any:
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return ("0" if value[:1] != "0" else "1") + value[1:]
    if isinstance(value, dict):
        return {**value, next(iter(value)): 99}
    return value[1:]


@pytest.mark.parametrize(
    "line",
    [
        b'{"kind": "x"}\n',
        b'{"b":1,"a":2}\n',
        b'{"a":1.5}\n',
        b'{"a":9007199254740993}\n',
        b'{"a":"e\xcc\x81"}\n',
        b'{"a":1,"a":1}\n',
        b'{"\xc3\xa9":1}\n',
        b"\xff\n",
        b"[" * 5000 + b"\n",
        b"{}",
        b"\n",
        b"[]\n",
        b'{"kind":"a","seq":0}\n',
    ],
)
def test_a_line_that_is_not_canonical_is_named(files: Files, line: bytes) -> None:
    rows = files["log.jsonl"].splitlines(keepends=True)
    check, how, values = failure(together({**files, "log.jsonl": b"".join([*rows[:2], line])}))
    plain = line in (b"[]\n", b'{"kind":"a","seq":0}\n')
    assert how == ("number" if plain else "not_canonical")
    assert (check, values["entry"]) == ("log", 2)


def test_checkpoints(files: Files) -> None:
    notes = json.loads(files["checkpoints.json"])

    def with_notes(*given: str) -> tuple[str, str]:
        return broken({**files, "checkpoints.json": canon(list(given)) + b"\n"})

    assert with_notes(*notes) == ("", "")
    assert with_notes(*notes[:-1]) == ("checkpoints", "last_checkpoint")
    assert with_notes(*reversed(notes)) == ("checkpoints", "last_checkpoint")
    assert with_notes(*notes, notes[-1]) == ("checkpoints", "last_checkpoint")
    assert with_notes()[0] == "checkpoints"
    note = notes[-1]
    origin, size, root, *_ = note.split("\n")
    for old, new in (
        (size, str(int(size) - 1)),
        (size, str(int(size) + 1)),
        (root, root.swapcase()),
        (origin + "\n", origin + "X\n"),
        ("\u2014", "-"),
        (note[-20:], note[-20:].swapcase()),
    ):
        assert with_notes(*notes[:-1], note.replace(old, new, 1))[0] in ("checkpoints", "log"), new
    # Signed by another key under the same name.
    point = read_checkpoint(parse(note).text)
    forged = Signer(origin, bytes(32)).sign(checkpoint_text(point))
    assert with_notes(*notes[:-1], forged) == ("checkpoints", "signature")


def test_what_was_announced(files: Files) -> None:
    facts = json.loads(files["poll.json"])
    for field, value in facts.items():
        for other in ({**facts, field: _other(value)}, {k: v for k, v in facts.items() if k != field}):
            check, how, values = failure(together({**files, "poll.json": canon(other) + b"\n"}))
            assert (check, how, values["field"]) == ("announcement", "announced", field)
    more = {**facts, "more": 1}
    assert broken({**files, "poll.json": canon(more) + b"\n"}) == ("announcement", "announced")


def test_ballots(files: Files) -> None:
    rows = lines(files, "ballots.jsonl")
    live = [n for n, row in enumerate(rows) if row["counts"]]
    gone = next(n for n, row in enumerate(rows) if not row["counts"])

    def with_rows(given: list[Any]) -> tuple[str, str]:
        return broken(with_lines(files, "ballots.jsonl", given))

    def with_row(n: int, **values: Any) -> tuple[str, str]:
        return with_rows([*rows[:n], {**rows[n], **values}, *rows[n + 1 :]])

    first = rows[live[0]]
    body = first["ballot"]
    assert with_rows(rows[1:]) == ("ballots", "missing")
    assert with_rows([*rows, rows[0]]) == ("ballots", "unsealed")
    assert with_rows([*rows, {**rows[0], "commitment": "0" * 64}]) == ("ballots", "unsealed")
    assert with_row(live[0], commitment=rows[live[1]]["commitment"])[0] == "ballots"
    assert with_row(live[0], nonce="0" * 64) == ("ballots", "opening")
    for field in body:
        assert with_row(live[0], ballot={**body, field: _other(body[field])}) == ("ballots", "opening"), field
    assert with_row(live[0], ballot={**body, "choice": {"stance": "other"}}) == ("ballots", "opening")
    assert with_row(live[0], ballot=rows[live[1]]["ballot"], nonce=rows[live[1]]["nonce"]) == ("ballots", "opening")
    assert with_row(live[0], counts=False) == ("ballots", "slot")
    closed = {"commitment": first["commitment"], "counts": True}
    assert with_rows([*rows[: live[0]], closed, *rows[live[0] + 1 :]]) == ("ballots", "half_open")
    dropped = {"commitment": first["commitment"], "counts": False}
    assert with_rows([*rows[: live[0]], dropped, *rows[live[0] + 1 :]]) == ("ballots", "chain")
    assert with_row(gone, counts=True) == ("ballots", "half_open")
    # All of them closed again, and one more or less counted: the close bound which ones they were.
    shut = [{"commitment": row["commitment"], "counts": row["counts"]} for row in rows]
    assert with_rows(shut) == ("", "")
    shut[gone]["counts"] = True
    assert with_rows(shut) == ("ballots", "more")
    shut[live[0]]["counts"] = False
    assert with_rows(shut) == ("close", "close")
    for bad in (b"1\n", b"{}\n", b"null\n"):
        assert broken({**files, "ballots.jsonl": bad})[0] == "ballots"


def test_the_result(files: Files) -> None:
    result = json.loads(files["result.json"])
    checks = {"counts": "count", "cast": "count", "standing": "rule", "passed": "rule"}
    for field, value in result.items():
        other = {**result, field: not value if isinstance(value, bool) else _other(value)}
        assert broken({**files, "result.json": canon(other) + b"\n"})[0] == checks[field]


def test_a_record_that_was_not_published(files: Files) -> None:
    assert broken({**files, "record.json": b"{}"}) == ("record", "record")
