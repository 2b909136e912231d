"""The sheets of a meeting: to sign in on, minutes to sign, and minutes that are confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import render_template

from app.core.i18n import clock_time, day, gettext, say, text_in
from app.core.web import site_url
from app.engine.method import Ring
from app.meetings import queries
from app.meetings.kind import form_name
from app.meetings.minutes import body_of
from app.meetings.models import Confirmation, Meeting, Minutes, Presence
from app.meetings.rules import lines
from app.people.places import Community
from app.printing.blocks import from_html
from app.printing.paper import Paper, code

BLANK = 20
MOST_LINES = 30


def sign_in(here: Community, meeting: Meeting, homes: Sequence[str], rings: Mapping[str, Ring]) -> Paper:
    """The sign-in sheet: a row for each household named, then empty rows; alone, as many as two pages hold."""
    address = site_url("meetings.show", slug=here.slug, public_id=meeting.public_id)
    return Paper(
        form="signin",
        title=f"{gettext('Sign-in sheet')}{gettext(': ')}{meeting.title}",
        at=meeting.called_at,
        data={
            "head": gettext("Sign-in sheet"),
            "line": [here.name, say(form_name(meeting.form))],
            "heading": meeting.title,
            "when": f"{day(meeting.starts_at, year=True)} {clock_time(meeting.starts_at)}",
            "place": meeting.place,
            "columns": [
                gettext("Row no."),
                gettext("Household"),
                gettext("Ring"),
                gettext("Name"),
                gettext("Signature"),
            ],
            "ring": text_in(rings["residents"].title) if "residents" in rings else "",
            "rows": list(homes),
            "blank": BLANK if homes else 2 * BLANK,
            "note": gettext(
                "Whoever signs is asked to confirm the minutes. Names stay with those who hold the meeting; others see "
                "how many came, by ring and household."
            ),
            "agenda": lines(meeting.agenda),
            "code": code(address),
            "alt": gettext("Code that leads to this page"),
            "address": address,
        },
    )


def minutes(here: Community, meeting: Meeting, row: Minutes, rings: Mapping[str, Ring]) -> Paper:
    """Confirmed minutes, without a name that their text does not tell."""
    body = queries.body_of(row)
    return _sheet(here, meeting, row, body, rings, row.sha256, {"by": row.by_name, "on": day(_at(row), year=True)})


def to_sign(
    here: Community,
    meeting: Meeting,
    row: Minutes,
    came: Sequence[Presence],
    given: Mapping[int, Confirmation],
    rings: Mapping[str, Ring],
) -> Paper:
    """Minutes that are offered, with a line to sign for each who has not confirmed yet."""
    told = {item.id: item.ring for item in came}
    confirmed = [
        {"id": item.public_id, "how": item.how, "ring": told.get(item.presence_id, ""), "at": item.at}
        for item in given.values()
    ]
    names = [" ".join(part for part in (item.label, item.name) if part) for item in came if item.id not in given]
    signs = [name or gettext("Name") for name in names[:MOST_LINES]]
    body = body_of(meeting, row, came, confirmed, "")
    stamp = {"by": row.by_name, "on": day(row.offered_at or row.made_at, year=True), "lines": signs}
    return _sheet(here, meeting, row, body, rings, row.text_hash, stamp)


def _at(row: Minutes) -> int:
    return row.frozen_at or row.offered_at or row.made_at


def _sheet(
    here: Community,
    meeting: Meeting,
    row: Minutes,
    body: Mapping[str, Any],
    rings: Mapping[str, Ring],
    mark: str,
    stamp: Mapping[str, Any],
) -> Paper:
    address = site_url("meetings.minutes", slug=here.slug, public_id=meeting.public_id)
    page = render_template("meetings/_sheet.html", community=here, body=body, frozen=row, rings=rings)
    label = "SHA-256" if row.frozen_at is not None else gettext("Fingerprint of the text")
    return Paper(
        form="sheet",
        title=f"{gettext('Minutes')}{gettext(': ')}{meeting.title}",
        at=_at(row),
        mark=mark,
        data={
            "head": gettext("Minutes"),
            "line": [here.name, gettext("version %(n)s", n=row.number)],
            "heading": meeting.title,
            "blocks": from_html(page, "a4"),
            "sign": {"place": gettext("place for the seal"), **stamp},
            "verify": {
                "code": code(address),
                "alt": gettext("Code that leads to this page"),
                "says": gettext("Scan to compare this sheet with the page."),
                "address": address,
                "lines": [f"{label} {mark}"],
            },
        },
    )
