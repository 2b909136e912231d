"""Write what an older program left in its database as a small file: ``scripts/released.py DATABASE FILE SLUG...``.

Reads a SQLite database at whatever revision it stands, keeps the communities named, leaves out what would only make it
long (see LEFT_OUT), and writes the rows as JSON, packed, always in the same order. ``tests/released/README.md`` tells how
each file there was made.
"""

from __future__ import annotations

import json
import lzma
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

# What a migration doesn't look at, and the audit neither: of messages and of an imported roll a few rows stay.
LEFT_OUT = ("delete from message where id % 25 <> 0", "delete from roll_row where id % 50 <> 0", "delete from once_key")
UNNAMED = ("household_code", "household", "unit")  # most of a roll: rows to which no other points
INDEX = "search_document"  # made anew by `flask search rebuild`


def keep_only(connection: sqlite3.Connection, slugs: list[str]) -> None:
    """Delete the other communities, and then, again and again, all rows that point to something that is gone."""
    marks = ",".join("?" * len(slugs))
    connection.execute(f"delete from community where slug not in ({marks})", slugs)  # noqa: S608
    while broken := {(table, row) for table, row, _, _ in connection.execute("pragma foreign_key_check")}:
        for table, row in broken:
            connection.execute(f'delete from "{table}" where rowid = ?', (row,))  # noqa: S608


def leave_out(connection: sqlite3.Connection, tables: list[str]) -> None:
    """Delete what would only make the file long."""
    for statement in LEFT_OUT:
        if statement.split()[2] in tables:
            connection.execute(statement)
    for name in UNNAMED:
        named = [
            f'select "{column}" from "{table}" where "{column}" is not null'  # noqa: S608
            for table in tables
            for _, number, to, column, *_ in connection.execute(f'pragma foreign_key_list("{table}")')
            if to == name and number == 0
        ]
        connection.execute(f'delete from "{name}" where id not in ({" union ".join(named)})')  # noqa: S608


def rows_of(connection: sqlite3.Connection) -> dict[str, dict[str, list[object]]]:
    """All tables with their columns and rows, in the order of their keys; bytes as hexadecimal digits."""
    query = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name"
    tables = [name for (name,) in connection.execute(query) if not name.startswith("search_fts") and name != INDEX]
    found: dict[str, dict[str, list[object]]] = {}
    leave_out(connection, tables)
    for name in tables:
        read = connection.execute(f'select * from "{name}" order by 1')  # noqa: S608
        columns: list[object] = [column[0] for column in read.description]
        rows = [[value.hex() if isinstance(value, bytes) else value for value in row] for row in read]
        if rows:
            found[name] = {"columns": columns, "rows": rows}
    return found


def main(database: Path, out: Path, slugs: list[str]) -> None:
    """Copy, leave out, write."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(database, Path(folder) / "copy.db")
        with closing(sqlite3.connect(Path(folder) / "copy.db")) as connection:
            keep_only(connection, slugs)
            found = rows_of(connection)
            wrong = connection.execute("pragma foreign_key_check").fetchall()
    if wrong:
        raise SystemExit(f"what was left out is spoken of: {wrong[:5]}")
    data = json.dumps(found, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    out.write_bytes(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME))
    print(f"{out}: {len(data):,} bytes of rows, {out.stat().st_size:,} packed")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
