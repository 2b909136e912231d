"""The audit of meetings: every column that columns.py says is bound, changed by hand, is found and named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.audit.verify import verify
from app.core.clock import DAY
from app.engine.canonical import sha256_hex, text_hash
from app.meetings import service
from tests.audit.columns import bound_at
from tests.audit.place import changed, deleted, rows_of
from tests.audit.tamper import tampered
from tests.conftest import emptied
from tests.meetings.hall import REASON, begin, call, come, offered, row, words
from tests.projects.world import Garden, build

BOUND = bound_at("meetings")


class Town(Garden):
    """A garden as the audit's tests know a community."""

    slug = "ziteng"


@pytest.fixture(scope="module")
def town(installation: Flask, database_url: str) -> Iterator[Any]:
    """A meeting whose minutes were confirmed, corrected and confirmed again; one changed and cancelled."""
    with emptied(installation, database_url) as app:
        built = build(app, app.extensions["qiding.clock"])
        garden = Town(built.town, built.project)
        held = begin(garden)
        others = [garden.resident(name) for name in ("王奶奶", "李叔")]
        come(garden, held, *others)
        garden.do(service.enter_sheet, garden.lead, held, "residents", "5-101 邻居\n路过的")
        struck = rows_of(garden, "meeting_presence")[-1]["public_id"]
        garden.do(service.strike, garden.lead, held, struck)
        signed = rows_of(garden, "meeting_presence")[-2]["public_id"]
        for text in ("灯太亮。", "灯太暗。"):
            minutes = offered(garden, held, text)
            garden.do(service.confirm, others[0], minutes)
            garden.do(service.confirm_on_paper, garden.lead, minutes, [signed])
            if text == "灯太亮。":
                garden.do(service.correct, garden.lead, held, REASON)
        other = call(garden)
        later = words(garden, row(garden, other).starts_at + DAY, place="底楼")
        garden.do(service.change, garden.lead, other, later, REASON)
        garden.do(service.cancel, garden.lead, other, REASON)
        with garden.here():
            assert verify("ziteng").finding is None
        yield garden


@pytest.mark.parametrize(("table", "column"), BOUND, ids=[".".join(pair) for pair in BOUND])
def test_a_changed_value_is_found_and_named(town: Any, table: str, column: str) -> None:
    done, finding, was = tampered(town, table, column)
    if not done:
        return
    assert finding is not None, f"{table}.{column} was changed, and nothing was found"
    assert finding.table == table or column == "public_id", str(finding)
    assert finding.row == was["public_id"] or column == "public_id", str(finding)


@pytest.mark.parametrize("table", ["meeting_presence", "meeting_confirmation"])
def test_a_row_that_was_taken_away_is_missed(town: Any, table: str) -> None:
    with deleted(town, table, rows_of(town, table)[-1]), town.here():
        found = verify("ziteng").finding
        assert found is not None
        assert found.table == table


def test_minutes_rewritten_with_all_their_hashes_are_found_by_the_log(town: Any) -> None:
    old = rows_of(town, "meeting_minutes", "frozen_at is not null")[-1]
    text, body = (old[name].replace("灯太暗", "灯正好") for name in ("text", "body"))
    body = body.replace(old["text_hash"], text_hash(text))
    told = {"text": text, "body": body, "text_hash": text_hash(text), "sha256": sha256_hex(body.encode())}
    with changed(town, "meeting_minutes", old, **told), town.here():
        finding = verify("ziteng").finding
    assert finding is not None
    assert (finding.table, finding.row) == ("meeting_minutes", old["public_id"])
