"""Pages of one's own, and the administrator's overview of the town."""

from __future__ import annotations

import json

from flask import make_response, render_template
from werkzeug.wrappers import Response

from app.core.clock import now
from app.core.database import db
from app.people.models import Person
from app.people.session import signed_in
from app.privacy.kept import export
from app.site import mine
from app.site.town import STALLED_DAYS, overview
from app.site.views import site

MOST_BEHIND = 30


@site.get("/me")
def me() -> str:
    """Where one may vote, what became of what one wrote, messages, and one's settings."""
    reader = signed_in()
    person = db.session.get_one(Person, reader.person())
    return render_template("site/me.html", person=person, page=mine.page(reader, now()), reader=reader)


@site.get("/me/data.json")
def my_data() -> Response:
    """All that is kept about oneself, to take along."""
    response = make_response(json.dumps(export(signed_in().person()), ensure_ascii=False, indent=2))
    response.mimetype = "application/json"
    response.headers["Content-Disposition"] = "attachment; filename=qiding-my-data.json"
    response.headers["Cache-Control"] = "no-store"
    return response


@site.get("/town")
def town_page() -> str:
    """Where the projects of all communities stand, for the administrator of the town."""
    signed_in().require_admin()
    return render_template("site/town.html", overview=overview(now()), stalled_days=STALLED_DAYS, most=MOST_BEHIND)
