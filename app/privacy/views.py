"""Pages of personal data: what everybody is told, what is kept of oneself, taking it along, erasing it."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.clock import now
from app.core.i18n import gettext
from app.people import session as sessions
from app.people.access import looks_at
from app.people.queries import community_by_slug, town
from app.people.session import signed_in
from app.privacy import notice, service
from app.privacy.forms import EraseForForm, EraseForm
from app.privacy.kept import days_of, export, held, keeps, kinds, subject_of
from app.privacy.sweeping import others_called
from app.privacy.taken import parts_of, taken

privacy = Blueprint("privacy", __name__)
Page = str | Response | tuple[str, int]
MOST_LOOKS = 30


@privacy.get("/privacy")
def public() -> str:
    """What is kept about people, why, how long, and what they can do."""
    return render_template(
        "privacy/public.html",
        kinds=kinds(),
        keeps=[(keep, days_of(keep)) for keep in keeps()],
        notice=notice,
        town=town(),
    )


@privacy.get("/me/kept")
def kept() -> str:
    """What is kept about the reader, by kind, and who looked."""
    reader = signed_in()
    subject = subject_of(reader.person())
    parts = parts_of(export(reader.person()))
    counts = {kind.kind: [(title, len(rows)) for of, title, rows in parts if of is kind] for kind in kinds()}
    looks = looks_at(subject, MOST_LOOKS)
    return render_template("privacy/kept.html", kinds=kinds(), counts=counts, looks=looks)


@privacy.get("/me/data.zip")
def take() -> Response:
    """All that is kept about the reader, with their photos."""
    response = make_response(taken(signed_in().person()))
    response.mimetype = "application/zip"
    response.headers["Content-Disposition"] = "attachment; filename=qiding-my-data.zip"
    response.headers["Cache-Control"] = "no-store"
    return response


@privacy.route("/me/erase", methods=["GET", "POST"])
def erase() -> Page:
    """What happens when one's data is erased; then it is."""
    reader, form = signed_in(), EraseForm()
    if form.validate_on_submit():
        with form.refusals():
            service.erase_own(reader, form.typed.data or "", words=bool(form.words.data))
            sessions.end()
            flash(gettext("Your data is erased. Thank you for taking part."))
            return redirect(url_for("site.home"), 303)
    subject = subject_of(reader.person())
    page = render_template(
        "privacy/erase.html",
        form=form,
        refused=service.why_not(subject, now()),
        held=held(subject, now()),
        shared=others_called(subject),
        notice=notice,
    )
    return page, form.http_status


@privacy.route("/c/<slug>/erase", methods=["GET", "POST"])
def erase_for(slug: str) -> Page:
    """Erase somebody's data for them: found by address and name, looked at once more, then carried out."""
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_admin()
    form, found = EraseForForm(), None
    form.offer()
    if form.validate_on_submit():
        with form.refusals():
            person = service.find_at_desk(reader, here.id, form.unit.data, form.name.data)
            service.note_found(reader, here.id, person.public_id)
            found = subject_of(person.id)
            if form.person.data == person.public_id and request.form.get("sure"):
                more = {"words": bool(form.words.data)}
                service.erase_for(reader, here.id, person.public_id, form.ground.data, form.note.data or "", **more)
                flash(gettext("The data is erased. It stands in the list of erasures, by number."))
                return redirect(url_for("privacy.erase_for", slug=slug), 303)
    stays = held(found, now()) if found is not None else []
    page = render_template(
        "privacy/erase_for.html",
        community=here,
        form=form,
        found=found,
        refused=service.why_not(found, now()) if found is not None else None,
        held=stays,
        shared=found is not None and others_called(found),
        notice=notice,
    )
    return page, form.http_status
