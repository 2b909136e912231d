"""Every column of every table, put down in columns.py: changed by hand it is found and named, or known to be bound to nothing."""

from __future__ import annotations

import pytest

from tests.audit.columns import PUT, bound_at, free_of
from tests.audit.place import TABLES, changed, look, rows_of
from tests.audit.tamper import is_named, tampered
from tests.ballots.world import World

BOUND = bound_at("town")
FREE = [(table, name) for table, put in PUT.items() if put.at == "town" for name in free_of(table)]


def test_every_table_and_column_is_put_down() -> None:
    """What is new is bound, or says why it isn't, before anything else."""
    assert set(PUT) == set(TABLES)
    for table, put in PUT.items():
        if "*" in put.free:
            assert (put.at, put.bound, len(put.free)) == ("", "", 1), table
            continue
        bound, free = put.bound.split(), list(free_of(table))
        assert sorted([*bound, *free]) == sorted(column.name for column in TABLES[table].columns), table
        assert put.at in ("town", "hall", "proof", "removals", "meetings", "brought"), table
    assert all(len(reason) > 20 for put in PUT.values() for reason in put.free.values())


@pytest.mark.parametrize(("table", "column"), BOUND, ids=[".".join(pair) for pair in BOUND])
def test_a_changed_value_is_found_and_named(town: World, table: str, column: str) -> None:
    done, finding, row = tampered(town, table, column)
    if not done:
        return
    assert finding is not None, f"{table}.{column} was changed, and nothing was found"
    assert is_named(finding, table, column, row), str(finding)


def test_a_word_on_a_gate_stays_with_the_run_of_the_step_in_which_it_was_given(town: World) -> None:
    runs, words = rows_of(town, "step_run"), rows_of(town, "sign_off")
    again = [run for run in runs if run["attempt"] > 1]
    assert again
    for word in words:
        for run in runs:
            if run["id"] != word["step_run_id"]:
                with changed(town, "sign_off", word, step_run_id=run["id"]):
                    assert look(town).finding is not None, (word, run)


@pytest.mark.parametrize(("table", "column"), FREE, ids=[".".join(pair) for pair in FREE])
def test_what_is_bound_to_nothing_is_known(town: World, table: str, column: str) -> None:
    _, finding, _ = tampered(town, table, column)
    assert finding is None, f"{table}.{column} is bound after all: {finding}"
