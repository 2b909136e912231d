"""A stored value changed by hand: which rows, to what, and whether a finding names it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from sqlalchemy import JSON, Boolean, Column, LargeBinary, String
from sqlalchemy.exc import IntegrityError

from app.audit.finding import Finding
from tests.audit.place import TABLES, Row, changed, look, rows_of
from tests.ballots.world import World

IN_USE = {
    "event": "community_id = (select id from community where slug = 'ziteng')",
    "log": "community_id = (select id from community where slug = 'ziteng')",
    "log_head": "community_id = (select id from community where slug = 'ziteng')",
    "ballot.id": "not exists (select 1 from ballot later where later.supersedes_id = ballot.id)"
    " and not exists (select 1 from objection where ballot_id = ballot.id)",
    "objection.public_id": "ended_at is not null",
    "event.project_id": "project_id is not null",
    "event.id": "id = (select max(id) from event)",
    "event.person_id": "kind = 'decision.drafted'",
    "method_version": "id in (select method_version_id from project)",
    "slot": "id in (select slot_id from ballot)",
    # Whose a sheet is that nobody brought back stands in no entry of the log, which people read: only what was counted.
    "paper_sheet.roll_entry_id": "serial in (select serial from ballot where ballot.poll_id = paper_sheet.poll_id)",
    # A seat that wrote nothing is known by its number and its person alone: nothing speaks of its key.
    "panel_seat.id": "exists (select 1 from panel_word where seat_id = panel_seat.id)",
    "record_word": "text is not null",
    "record_word.removal_id": "text is null",
}
ALLOWED = {
    "state": {
        **{"running": "paused", "paused": "running", "completed": "ended", "raised": "withdrawn"},
        **{"deciding": "adopted", "drafting": "deciding"},
    },
    "electorate": {"household": "person"},
    "mode": {"A": "B"},
    "channel": {"web": "paper"},
    "paper": {"none": "last"},
    "stance": {"consent": "abstain"},
}


def others(world: World, table: str, column: str, row: Row) -> Iterator[Any]:
    """Other values of the same kind, the most likely one first; the database may refuse some."""
    made, value = TABLES[table].columns[column], row[column]
    for key in made.foreign_keys:
        target = key.column.table.name
        there = {parent[key.column.name] for parent in rows_of(world, target)} - {value}
        yield from sorted(there, reverse=True)
    yield another(made, value)


def another(column: Column[Any], value: Any) -> Any:
    """Another value of the same kind."""
    if value in ALLOWED.get(column.name, ()):
        return ALLOWED[column.name][value]
    if isinstance(column.type, Boolean):
        return not value
    if isinstance(column.type, LargeBinary):
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(column.type, JSON):
        return [*value, "9号楼"] if isinstance(value, list) else {**(value or {}), "quorum": 1}
    if isinstance(column.type, String):
        value = value or ""
        short = column.type.length is not None and len(value) >= column.type.length
        return (("0" if value[:1] != "0" else "1") + value[1:]) if short else f"{value}x"
    return 7 if value is None else value + 1000


# Where a row and another disagree, and the other one is named: its columns, or a key by which others find it.
NAMED_BY_ANOTHER = {
    ("log", "community_id"),
    ("event", "community_id"),
    ("event", "project_id"),
    ("decision", "project_id"),
    ("method_version", "key"),
    ("method_version", "version"),
    ("poll", "version_id"),
    ("project", "community_id"),
    ("slot", "poll_id"),
    ("objection", "ballot_id"),
    ("ballot", "seq"),
    ("ballot", "slot_id"),
    ("ballot_batch", "id"),
    ("ballot_batch", "poll_id"),
    ("authorisation", "community_id"),
    ("panel", "id"),
    ("panel_seat", "id"),
    ("activity_run", "step_run_id"),  # the run of the step that lacks it
    ("step_run", "project_id"),  # the project that lacks it
    ("ballot_batch", "seq"),  # a ballot in it
    ("roll_voice", "owner_id"),  # the entry of the roll whose owners changed
    ("roll_voice", "roll_entry_id"),
}


# Rows that are named by their poll, or by the sheet that they belong to.
OF_A_POLL = (
    "roll_voice",
    "slot_link",
    "paper_sheet",
    "paper_entry",
    "paper_draw",
    "paper_check",
    "record_word",
    "removal",
)


def is_named(finding: Finding, table: str, column: str, row: Row) -> bool:
    """Whether the finding names the row; for what is hashed together, the poll that it belongs to."""
    if (table, column) in NAMED_BY_ANOTHER or column in ("id", "public_id"):
        return True
    if column in ("poll_id", "project_id", "community_id") and finding.field.startswith(column):
        return finding.table == table
    if table == "log":
        return finding.row == f"entry {row['seq']}"
    if table in ("log_head", "roll_entry", "slot"):
        return finding.table == table or (table, column) == ("slot", "code")
    keys = ("public_id", "id", "serial", *(("roll_entry_id",) if table == "slot_link" else ()))
    names = {str(row.get(name)) for name in keys}
    return finding.table == table and (finding.row in names or (table in OF_A_POLL and finding.row.startswith("of ")))


@contextmanager
def another_there(world: World, table: str, column: str, row: Row) -> Iterator[bool]:
    """The row with another value in this column; False where the database lets none pass."""
    with ExitStack() as stack:
        for value in others(world, table, column, row):
            with suppress(IntegrityError):
                stack.enter_context(changed(world, table, row, **{column: value}))
                yield True
                return
        yield False


def tampered(world: World, table: str, column: str) -> tuple[bool, Finding | None, Row]:
    """Change one value of one row: whether the database let it pass, what the audit found, and the row."""
    rows = rows_of(world, table, IN_USE.get(f"{table}.{column}", IN_USE.get(table, "1=1")))
    row = random.Random(f"{table}.{column}").choice(rows)
    with another_there(world, table, column, row) as done:
        return done, look(world).finding, row
