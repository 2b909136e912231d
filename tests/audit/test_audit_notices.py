"""A posted notice that was changed by hand is found, whichever of its fields it was."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy import text as sql
from sqlalchemy import update

from app.audit.finding import Finding
from app.audit.verify import verify
from app.core.clock import DAY, FixedClock
from app.core.database import db, table_of
from app.notices import service
from app.notices.models import Notice
from tests.projects.world import REASON, build


def test_each_field_of_a_posted_notice_is_bound_to_the_log(app: Flask, clock: FixedClock) -> None:
    garden = build(app, clock)
    board = garden.activity("board")
    garden.do(service.save_draft, garden.lead, board, "名单公示", "会议", "名单如下。", conclusion="照此办理。")

    def found() -> Finding | None:
        return garden.do(verify, "ziteng").finding

    assert found() is None  # a draft is nobody's business
    garden.do(service.post, garden.lead, board)
    assert found() is None
    garden.do(service.extend, garden.lead, board, date(2026, 3, 20), REASON)
    assert found() is None

    def changed(**values: Any) -> Finding | None:
        with garden.here(), db.engine.connect() as connection:
            before = connection.execute(table_of(Notice).select()).mappings().one()
            connection.execute(update(Notice).values(**values))
            connection.commit()
            finding = verify("ziteng").finding
            connection.execute(update(Notice).values({key: before[key] for key in values}))
            connection.commit()
        return finding

    with garden.here():
        row = db.session.query(Notice).one()
        until, at, posted_until = row.until_at or 0, row.posted_at or 0, row.posted_until or 0
    words = dict.fromkeys(
        ("title", "basis", "text", "scope", "conclusion", "objecting", "contact", "signatory"), "改过"
    )
    for field, value in {
        **words,
        **{"figures": {"due": 1}, "by_name": "别人", "count": "working", "days": 3, "provisional": True},
        **{"posted_until": posted_until - DAY, "posted_at": at - 1, "until_at": until + DAY, "overtaken_at": at},
        **{"text_hash": "0" * 64, "public_id": "0" * 16, "hash_form": 1, "posted_by_id": None, "commitments": {}},
    }.items():
        finding = changed(**{field: value})
        assert finding is not None, field
        assert finding.table == "notice", field
    assert found() is None
    with garden.here(), db.engine.connect() as connection:
        connection.execute(sql("delete from notice"))
        connection.commit()
    gone = found()
    assert gone is not None
    assert "posts" in gone.expected
