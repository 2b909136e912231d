"""Sheets for the folder and the wall: the result of a vote to sign, the residents' convention, the duty roster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template

from app.ballots.models import Outcome
from app.ballots.queries import PollPage, Round
from app.core.i18n import day, gettext, with_years
from app.core.web import site_url
from app.engine.errors import NotFound
from app.engine.phrase import phrase
from app.office.tables import hash_of, state_of, unit_of
from app.people.places import Community
from app.printing.blocks import from_html
from app.printing.paper import Paper, code
from app.projects.kinds import ActivityRef
from app.projects.posters import desk_of
from app.registers.models import RegisterEntry
from app.registers.shape import Register

LINES = 3  # for inspectors, where none are named
NARROW = 44  # what a line of an upright table holds, counted in Chinese signs
NO_RESULT = phrase("There is no result yet: it stands here when the vote is closed and counted.")
EMPTY = phrase("Nothing is entered here yet, so there is nothing to print.")


def result(page: PollPage, frame: dict[str, Any]) -> Paper:
    """The result of a vote with all its figures, for the inspectors to sign; while it isn't final, it says so."""
    item, version, here = page.round, page.round.version, page.community
    address = site_url("ballots.result", slug=here.slug, public_id=item.poll.public_id)
    provisional = item.preliminary or frame["sealed"] is not None
    head = gettext("Result of a vote, not final") if provisional else gettext("Result of a vote")
    named = [f"{gettext('Inspector')} {row.name}" for row in frame["inspectors"]]
    with with_years():
        body = render_template("office/result_sheet.html", unit=unit_of(item.poll.electorate), **frame)
        closed = gettext("closed %(when)s", when=day(item.closes_at))
    return Paper(
        form="sheet",
        title=f"{head}{gettext(': ')}{version.title}",
        at=item.closes_at,
        mark=version.text_hash,
        data={
            "one": True,
            "head": head,
            "line": [here.name + gettext(", ") + gettext("Round %(n)s", n=item.poll.attempt), closed],
            "heading": f"{version.title}{gettext(': ')}{state_of(page)}",
            "blocks": from_html(body),
            "sign": {
                "place": gettext("place for the seal"),
                "by": here.name,
                "on": "",
                # Two count, as two read each sheet of paper.
                "lines": [
                    *(named or [gettext("Inspector")] * LINES),
                    *[gettext("Counted by")] * 2,
                    gettext("Day"),
                ],
            },
            "verify": _verify(address, [gettext("Fingerprint of the text"), version.text_hash]),
        },
    )


def convention(
    here: Community, ref: ActivityRef, rows: Sequence[RegisterEntry], adopted: tuple[Round, Outcome] | None
) -> Paper:
    """The convention as it was adopted, with its vote; before that the articles as they are drafted, marked as a draft."""
    if adopted is None and not rows:
        raise NotFound(EMPTY)
    if adopted is None:
        at, title = max(row.at for row in rows), ref.project_title
        articles = [[row.data.get("title", ""), row.data.get("text", "")] for row in rows]
        mark = hash_of(articles)
        address = site_url("registers.activity", slug=here.slug, public_id=ref.public_id)
    else:
        item, follows = adopted
        at, title, mark, articles = follows.at, item.version.title, item.version.text_hash, []
        address = site_url("ballots.result", slug=here.slug, public_id=item.poll.public_id)
    with with_years():
        body = render_template("office/convention.html", adopted=adopted, articles=articles)
    when = day(at, year=True)
    head = gettext("Residents' convention") if adopted else gettext("Residents' convention, draft")
    return _board(here, ref, head, title, body, at, mark, address, on=when if adopted else "", sealed=bool(adopted))


def duties(here: Community, ref: ActivityRef, rows: Sequence[RegisterEntry]) -> Paper:
    """Who keeps the place, with which duty, when. How to reach them is for members, and stands on no wall."""
    if not rows:
        raise NotFound(EMPTY)
    cells = [[str(row.data.get(key, "")) for key in ("name", "duty", "when")] for row in rows]
    body = render_template("office/duties.html", rows=cells, desk=desk_of(here, "")[1:])
    at = max(row.at for row in rows)
    address = site_url("registers.activity", slug=here.slug, public_id=ref.public_id)
    head = gettext("Duty roster")
    return _board(here, ref, head, ref.project_title, body, at, hash_of(cells), address, wide=_is_wide(cells))


def _board(
    here: Community,
    ref: ActivityRef,
    head: str,
    heading: str,
    body: str,
    at: int,
    mark: str,
    address: str,
    *,
    on: str = "",
    wide: bool = False,
    sealed: bool = True,
) -> Paper:
    return Paper(
        form="sheet",
        title=f"{head}{gettext(': ')}{heading}",
        at=at,
        mark=mark,
        data={
            "board": True,
            "wide": wide,
            "head": head,
            "line": [here.name + gettext(", ") + ref.project_title, day(at, year=True)],
            "heading": heading,
            "blocks": from_html(body),
            "sign": {
                "place": gettext("place for the seal") if sealed else "",
                "by": here.name if sealed else "",
                "on": on,
            },
            "verify": _verify(address, [gettext("Fingerprint of the text"), mark]),
        },
    )


def _verify(address: str, lines: list[str]) -> dict[str, Any]:
    return {
        "code": code(address),
        "alt": gettext("Code that leads to this page"),
        "says": gettext("Scan to compare this sheet with the page."),
        "address": address,
        "lines": lines,
    }


def _is_wide(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the longest cells, side by side, don't fit the upright sheet on one line."""
    longest = [max(_signs(line) for row in rows for line in row[at].split("\n")) for at in range(len(rows[0]))]
    return sum(longest) > NARROW


def _signs(text: str) -> float:
    return sum(0.55 if sign.isascii() else 1.0 for sign in text)


SHEETS = {"convention": convention, "stewards": duties}  # the kinds of registers that have a form of their own


def has_sheet(register: Register) -> bool:
    """Whether a register prints as a sheet."""
    return register.spec.kind in SHEETS
