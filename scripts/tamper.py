"""One stored value changed by hand, again and again: ``.venv/bin/python scripts/tamper.py [times] [sqlite|postgresql] [seed]``.

Furnishes the two communities of the audit's tests and changes one bound field of one random row at a time, a byte of text or
another value of its kind; the audit must find it and name the row (R12). What the database itself refuses is counted apart.
Prints the seed; exit status 1 when a change was not found.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]


def drill(world: Any, bound: list[tuple[str, str]], times: int, dice: random.Random, counted: Counter[str]) -> None:
    """Change so many values of a furnished community, each put back after the audit looked."""
    from tests.audit.place import look, rows_of
    from tests.audit.tamper import IN_USE, another_there, is_named

    for _ in range(times):
        table, column = dice.choice(bound)
        rows = rows_of(world, table, IN_USE.get(f"{table}.{column}", IN_USE.get(table, "1=1")))
        row = dice.choice(rows)
        with another_there(world, table, column, row) as done:
            if not done:
                counted["refused by the database"] += 1
                continue
            finding = look(world).finding
        if finding is None:
            raise SystemExit(f"{table}.{column} of {row} was changed, and nothing was found")
        counted["found"] += 1
        if is_named(finding, table, column, row):
            counted["row named"] += 1
        else:
            print(f"{table}.{column} of {row}: found, but as {finding}", flush=True)
        counted[f"of table {table}"] += 1


def main(times: int, kind: str, seed: int) -> None:
    """Furnish, change, look, and print what was found."""
    from app.core.clock import FixedClock
    from app.core.database import db
    from scripts.bench.roll import database
    from tests.audit import hall, place
    from tests.audit.columns import bound_at
    from tests.conftest import NOON
    from tests.installation import installed

    print(f"seed {seed}", flush=True)
    dice, counted = random.Random(seed), Counter[str]()
    furnishings: dict[str, Callable[..., Any]] = {"town": place.furnish, "hall": hall.furnish}
    for where, furnish in furnishings.items():
        with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url:
            clock = FixedClock(NOON)
            app = installed(url, Path(name), clock)
            world = furnish(app, clock)
            drill(world, bound_at(where), times // 2, dice, counted)
            print(f"{where}: {counted['found']} found", flush=True)
            with app.app_context():
                db.session.remove()
                db.engine.dispose()
    tables = sum(key.startswith("of table") for key in counted)
    if counted["row named"] != counted["found"]:
        raise SystemExit(f"{counted['found'] - counted['row named']} findings named another row")
    print(
        f"{times} changes on {kind} (seed {seed}): {counted['found']} found and their rows named, in {tables} tables; "
        f"{counted['refused by the database']} refused by the database itself"
    )


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 1000,
        sys.argv[2] if len(sys.argv) > 2 else "sqlite",
        int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(2**32),
    )
