"""Numbered sheets of a vote on paper, and the account of them for the inspectors to sign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template

from app.ballots import gates
from app.ballots.matters import law_says, matter_says
from app.ballots.queries import PollPage
from app.core.i18n import day, gettext, moment, say
from app.core.web import site_url
from app.printing.blocks import from_html
from app.printing.paper import Paper, code


def ballots(page: PollPage, rows: Sequence[tuple[str, str]], each: int, now: int) -> Paper:
    """Sheets to print and cut; of each row its number and whose it is, if anybody's."""
    poll, version = page.round.poll, page.round.version
    return Paper(
        form="ballots",
        title=f"{gettext('Sheets to print')}{gettext(': ')}{version.title}",
        at=now,
        data={
            "each": each,
            "community": page.community.name,
            "heading": version.title,
            "law": " ".join(
                say(item) for item in (law_says(poll.electorate, poll.matter), matter_says(poll.matter)) if item
            ),
            "until": gettext("Round %(n)s", n=poll.attempt)
            + gettext(", ")
            + gettext("in the box until %(when)s", when=moment(poll.closes_at)),
            "print": f"{gettext('Fingerprint of the text')} {version.text_hash[:16]}",
            "choices": [{"title": say(item.title), "means": say(item.means)} for item in page.round.rule.stances],
            "who": say(gates.PAPER_SAYS[poll.paper])
            if poll.paper != "none"
            else gettext("This sheet is for a household in dispute about its vote: what it signs here counts."),
            "how": gettext("One cross. A concern or an objection needs its words: write them on the back."),
            "household": gettext("Household"),
            "signature": gettext("Signature"),
            "alt": gettext("The number of this sheet, to scan"),
            "ballots": [{"serial": serial, "label": label, "code": code(serial)} for serial, label in rows],
        },
    )


def account(page: PollPage, frame: dict[str, Any], now: int) -> Paper:
    """What became of the sheets, with lines for those who inspect it."""
    poll, version, here = page.round.poll, page.round.version, page.community
    address = site_url("paper.account", slug=here.slug, public_id=poll.public_id)
    return Paper(
        form="sheet",
        title=f"{gettext('The account of the sheets')}{gettext(': ')}{version.title}",
        at=poll.closes_at,
        mark=version.text_hash,
        data={
            "head": gettext("The account of the sheets"),
            "line": [here.name + gettext(", ") + gettext("Round %(n)s", n=poll.attempt), day(now, year=True)],
            "heading": version.title,
            "blocks": from_html(render_template("paper/account.html", **frame), "narrow"),
            "sign": {
                "place": gettext("place for the seal"),
                "by": here.name,
                "on": "",
                "lines": [gettext("Inspector"), gettext("Inspector"), gettext("Counted by"), gettext("Day")],
            },
            "verify": {
                "code": code(address),
                "alt": gettext("Code that leads to this page"),
                "says": gettext("Scan to compare this sheet with the page."),
                "address": address,
                "lines": [f"{gettext('Fingerprint of the text')} {version.text_hash}"],
            },
        },
    )
