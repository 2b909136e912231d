"""What runs once, and not once a database; and what is asked by turns. Each with its reason: nothing else may differ.

QIDING_FULL=1 runs everything on both, every pair of every table.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

FULL = os.environ.get("QIDING_FULL") == "1"

# Not run on PostgreSQL.
ONCE = {
    "tests/test_query_counts.py": "counts the statements of reads, which the same code sends to either database",
    "tests/test_permissions.py::test_no_form_is_taken_without_its_token": "refused before any database is asked",
    "tests/core/test_core_logs.py": "about lines, which no database writes",
    "tests/core/test_core_metrics.py::test_requests_are_counted_by_route_and_never_by_address": "likewise",
}

# On PostgreSQL every third, always the same ones: the guards are the same code, and SQLite is asked all of it.
THIRD = {
    "tests/test_permissions.py::test_everybody_gets_what_the_table_says": "each third row with four roles",
    "tests/test_permissions.py::test_nothing_is_found_under_another_community": "each third address",
    "tests/test_permissions.py::test_an_address_opens_only_what_it_is_for": "each third address",
    "tests/test_kept_pages.py::test_after_a_write_every_page_is_what_it_would_be": "each third kind of write, six seconds each",
}

T = TypeVar("T")


def on_postgresql(nodeid: str) -> bool:
    """Whether a test is run on PostgreSQL too."""
    file, test = nodeid.partition("::")[0], nodeid.partition("[")[0]
    if FULL:
        return True
    if file in ONCE or test in ONCE:
        return False
    return test not in THIRD or crc32(nodeid.encode()) % 3 == 0


def by_turns(values: Sequence[T], turn: str, most: int) -> list[T]:
    """So many of the values, others at each turn, so that over all turns each value is taken; all of them in full."""
    if FULL or len(values) <= most:
        return list(values)
    start = crc32(turn.encode()) % len(values)
    return [values[(start + n * len(values) // most) % len(values)] for n in range(most)]
