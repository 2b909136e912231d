"""The announcement of a vote as the sheet that hangs on the board, and its poster for the lobby."""

from __future__ import annotations

from typing import Any

from flask import render_template

from app.ballots.matters import law_says
from app.ballots.queries import PollPage
from app.core.i18n import day, gettext, moment, say
from app.core.web import site_url
from app.engine.errors import Closed
from app.engine.phrase import phrase
from app.printing.blocks import from_html
from app.printing.paper import Paper, code
from app.projects.posters import desk_of, poster


def announcement(page: PollPage, frame: dict[str, Any]) -> Paper:
    """The sheet with text, rule, times, and the fingerprints to compare later."""
    poll, version, here = page.round.poll, page.round.version, page.community
    address = site_url("ballots.poll", slug=here.slug, public_id=poll.public_id)
    when = day(poll.announced_at, year=True)
    return Paper(
        form="sheet",
        title=gettext("Announcement: %(title)s", title=version.title),
        at=poll.announced_at,
        mark=version.text_hash,
        data={
            "board": True,
            "head": gettext("Announcement of a vote"),
            "line": [here.name + gettext(", ") + gettext("Round %(n)s", n=poll.attempt), when],
            "heading": version.title,
            "blocks": from_html(render_template("proof/notice.html", **frame), "a4"),
            "sign": {"place": gettext("place for the seal"), "by": here.name, "on": when},
            "verify": {
                "code": code(address),
                "alt": gettext("Code that leads to the vote"),
                "says": gettext(
                    "Scan to read and vote. It works without a phone too: at the desk somebody helps you, "
                    "and it counts the same."
                ),
                "address": address,
                "lines": [],
            },
        },
    )


def vote_poster(page: PollPage, frame: dict[str, Any], now: int, size: str) -> Paper:
    """The poster of a vote that is announced or open: what is asked, the choices, until when, where."""
    poll, here = page.round.poll, page.community
    if page.round.phase in ("closed", "void"):
        raise Closed(phrase("This vote is over, so there is nothing to invite to. Print its record."))
    waits = now < poll.opens_at
    return poster(
        here,
        title=page.round.version.title,
        kick=frame["ref"].project_title,
        ask={
            "asks": not waits,
            "tag": gettext("Coming soon") if waits else gettext("Asked of you now"),
            "title": gettext("Do you agree with this text?"),
            "says": say(frame["asked"]),
            "due": gettext(
                "From %(from)s to %(to)s", **{"from": moment(poll.opens_at), "to": moment(page.round.closes_at)}
            ),
        },
        choices=[{"title": say(item.title), "means": say(item.means)} for item in page.round.rule.stances],
        address=site_url("ballots.poll", slug=here.slug, public_id=poll.public_id),
        scan=gettext("Scan to read the text and to vote"),
        desk=desk_of(
            here, gettext("At the desk somebody helps you to vote, or gives you a paper. It counts the same.")
        ),
        at=poll.announced_at,
        size=size,
        summary=" ".join(say(item) for item in (law_says(poll.electorate, poll.matter),) if item),
    )
