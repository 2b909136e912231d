"""The record of a step as an archival sheet, from the bytes that were hashed."""

from __future__ import annotations

from typing import Any

from flask import render_template

from app.core.i18n import day, gettext, say, with_years
from app.core.web import site_url
from app.people.places import Community
from app.printing.blocks import from_html
from app.printing.paper import Paper, code
from app.records.corrections import correction_of
from app.records.models import Record
from app.records.phrases import text_from_data


def chop_of(title: str) -> str:
    """The four characters of a step's seal, from its Chinese title: 定方案 becomes 方案已定."""
    return f"{title[1:]}已定" if len(title) == 3 and title.startswith("定") else "此步已定"


def paper(here: Community, record: Record, body: dict[str, Any]) -> Paper:
    """The sheet of a record; ``body`` is what it says."""
    step = body["step"]
    title, leaves = text_from_data(step["title"]), say(text_from_data(step["leaves"]))
    address = site_url("records.show", slug=here.slug, public_id=record.public_id)
    superseded = correction_of([record.id]).get(record.id)
    with with_years():
        blocks = from_html(render_template("records/_body.html", community=here, body=body, superseded=superseded))
    number = f"{record.year}-{record.number:03d}"
    when = day(record.published_at, year=True)
    return Paper(
        form="sheet",
        title=f"{leaves} {number} {record.title}",
        at=record.published_at,
        mark=record.sha256,
        data={
            "head": leaves,
            "line": [gettext("No. %(year)s-%(n)s", year=record.year, n=f"{record.number:03d}"), when],
            "heading": record.title,
            "blocks": blocks,
            "sign": {
                "chop": chop_of(title.zh_Hans),
                "sealed": gettext("Sealed: %(step)s", step=say(title)),
                "place": gettext("place for the seal"),
                "by": body["correction"]["by"] if "correction" in body else body["closed_by"],
                "on": when,
            },
            "verify": {
                "code": code(address),
                "alt": gettext("Code that leads to this page"),
                "says": gettext("This page and its fingerprint:"),
                "address": address,
                "lines": [f"SHA-256 {record.sha256}"],
            },
        },
    )
