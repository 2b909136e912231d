"""The slips of a household's code, ten a page: made in the answer that shows the codes, and kept nowhere."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.clock import now
from app.core.i18n import gettext
from app.core.web import site_url
from app.people.places import Community
from app.printing.paper import Paper, code


def slips(here: Community, rows: Sequence[tuple[str, str]]) -> Paper:
    """Slips to cut: for each the household's label and its code."""
    address = site_url("people.sign_in")
    desk = gettext(
        "The desk: %(place)s, %(hours)s, telephone %(phone)s.",
        place=here.desk_place,
        hours=here.desk_hours,
        phone=here.desk_phone,
    )
    return Paper(
        form="slips",
        title=f"{here.name} {gettext('Slips')}",
        at=now(),
        data={
            "community": here.name,
            "slips": [{"label": label, "code": secret} for label, secret in rows],
            "code": code(address),
            "alt": gettext("Code that leads to the sign-in page"),
            "says": gettext(
                "Scan, type this code, and say what you think of what is planned here. "
                "One code for all of your household; it is good for a year."
            ),
            "address": address,
            "desk": desk if here.desk_place else "",
        },
    )
