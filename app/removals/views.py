"""Pages of removals: what is removed and what will stand there instead, and the public list."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.core.clock import now
from app.core.database import db
from app.core.i18n import gettext
from app.core.module import Module
from app.core.removals import GROUNDS, Holds, stored_mark
from app.people.queries import community_by_slug
from app.people.session import signed_in
from app.records.models import Record
from app.removals import queries, service
from app.removals.forms import RemoveForm
from app.removals.staying import staying

removals = Blueprint("removals", __name__)
Page = str | Response | tuple[str, int]


def modules() -> tuple[Module, ...]:
    """The modules of this application."""
    found: tuple[Module, ...] = current_app.extensions["qiding.modules"]
    return found


def holdings() -> tuple[Holds, ...]:
    """Where the modules of this application keep people's words."""
    return tuple(item for module in modules() for item in module.holds)


@removals.app_context_processor
def _context() -> dict[str, object]:
    return {"REMOVAL_GROUNDS": GROUNDS}


@removals.get("/c/<slug>/removals")
def index(slug: str) -> str:
    """What was removed in a community: who, when, on what ground."""
    here = community_by_slug(slug)
    rows, page, pages = queries.removals_of(here, request.args.get("page", 1, type=int))
    return render_template("removals/index.html", community=here, rows=rows, page=page, pages=pages)


@removals.route("/c/<slug>/remove/<kind>/<public_id>", methods=["GET", "POST"])
def remove(slug: str, kind: str, public_id: str) -> Page:
    """Remove words: first which and why, then what will stand there instead, then the removing."""
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_admin()
    thing = service.find_thing(holdings(), kind, slug, public_id)
    form = RemoveForm()
    form.ask_about(thing.passages)
    places, stays, q = None, None, request.args.get("q", "")[:80].strip()
    if form.validate_on_submit():
        keys, ground, reason = form.passages.data or [], form.ground.data or "", form.reason.data or ""
        with form.refusals():
            if request.form.get("sure"):
                service.remove(
                    reader,
                    holdings(),
                    kind,
                    slug,
                    public_id,
                    keys=keys,
                    ground=ground,
                    reason=reason,
                    everywhere=bool(form.everywhere.data),
                    listeners=[told for module in modules() for told in module.removed],
                )
                flash(gettext("Removed. It stands in the list of what was removed, and in the log."))
                return redirect(url_for("removals.index", slug=slug), 303)
            places = service.places_of(holdings(), thing, keys, everywhere=bool(form.everywhere.data))
            stays = staying(thing.project_id, service.texts_of(holdings(), thing, keys))
    return render_template(
        "removals/remove.html",
        community=here,
        thing=thing,
        shown=[item for item in thing.passages if q in item.text or item.key in (form.passages.data or [])],
        q=q,
        form=form,
        places=places,
        stays=stays,
        records=db.session.scalars(select(Record).where(Record.id.in_(places.records))).all() if places else [],
        mark=stored_mark(form.ground.data, now()) if places else "",
    ), form.http_status
