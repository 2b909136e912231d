"""A public notice as the sheet that hangs on the board."""

from __future__ import annotations

from flask import render_template

from app.core.i18n import day, gettext
from app.core.web import site_url
from app.notices import sheet
from app.notices.models import Notice
from app.people.places import Community
from app.printing.blocks import from_html
from app.printing.paper import Paper, code
from app.projects.kinds import ActivityRef


def paper(here: Community, ref: ActivityRef, notice: Notice, posted_at: int) -> Paper:
    """The sheet of a posted notice."""
    address = site_url("notices.activity", slug=here.slug, public_id=ref.public_id)
    when = day(posted_at, year=True)
    mark = gettext("Fingerprint of the text") if notice.hash_form == 1 else gettext("Fingerprint of this notice")
    return Paper(
        form="sheet",
        title=f"{gettext('Public notice')}{gettext(': ')}{notice.title}",
        at=posted_at,
        mark=notice.text_hash,
        data={
            "board": True,
            "head": gettext("Public notice"),
            "line": [here.name, when],
            "heading": notice.title,
            "blocks": from_html(
                render_template("notices/_sheet.html", community=here, sheet=sheet.of(notice, here)), "a4"
            ),
            "sign": {"place": gettext("place for the seal"), "by": notice.signatory or notice.by_name, "on": when},
            "verify": {
                "code": code(address),
                "alt": gettext("Code that leads to this page"),
                "says": gettext("Scan to read this notice, and to say what is wrong with it."),
                "address": address,
                "lines": [f"{mark} {notice.text_hash}"],
            },
        },
    )
