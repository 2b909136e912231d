"""Pages around notices: templates, the photos of boards, and the days that the town sets."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, request, url_for

from app.core.clock import now
from app.core.i18n import gettext, local_date
from app.core.media import receive_photo
from app.engine.errors import NotFound
from app.notices import days, queries, service, wordings
from app.notices.boards import board_of
from app.notices.content import TYPED
from app.notices.forms import NewWordingForm, ProofForm, SpecialDayForm, WordingForm
from app.notices.period import listed_until
from app.notices.proofs import prove
from app.notices.views import Page, notices
from app.notices.wordings import FIELDS
from app.people.actor import Actor
from app.people.places import Community
from app.people.queries import community_by_slug
from app.people.session import signed_in
from app.people.views import is_sure
from app.projects.kinds import only
from app.projects.queries import find_activity


def _facilitator(slug: str) -> tuple[Actor, Community]:
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_facilitator(here.id)
    return reader, here


@notices.get("/c/<slug>/notice-templates")
def templates(slug: str) -> str:
    """The templates of notices: the community's own, and those that come with the system."""
    _, here = _facilitator(slug)
    return render_template("notices/templates.html", community=here, rows=wordings.offered(here.id))


@notices.route("/c/<slug>/notice-templates/new", methods=["GET", "POST"])
def new_template(slug: str) -> Page:
    """Write a template, or keep a notice or another template as one."""
    reader, here = _facilitator(slug)
    form = NewWordingForm(data=_words_to_keep(here) if request.method == "GET" else None)
    if form.validate_on_submit():
        with form.refusals():
            wordings.keep(reader, here.id, form.name.data, _typed(form), once=form.once.data)
            flash(gettext("The template is kept. Choose it when you write the next notice."))
            return redirect(url_for("notices.templates", slug=slug), 303)
    return render_template("notices/template.html", community=here, form=form, wording=None), form.http_status


def _words_to_keep(here: Community) -> dict[str, str]:
    """The words of the notice that the address names, with what the system knows back in braces; else of a template."""
    asked = request.args.get("like", "")
    wording = wordings.find(here.id, asked)
    if wording is not None:
        return {**wording.words, "name": wording.name}
    if not request.args.get("of"):
        return {}
    ref = only(queries.NOTICE.spec, find_activity(request.args["of"], now(), here.slug))
    notice = queries.notices_of([ref.id]).get(ref.id)
    if notice is None:
        raise NotFound
    known = service.known_values(ref, here)["zh_Hans"]
    names = {"项目": known["project"], "联系方式": known["desk"], "地点": known["place"]}
    return wordings.as_template({key: getattr(notice, key) for key in TYPED}, names)


def _typed(form: WordingForm) -> dict[str, str]:
    return {key: form[key].data or "" for key in FIELDS if key in form}


@notices.route("/c/<slug>/notice-templates/<public_id>", methods=["GET", "POST"])
def edit_template(slug: str, public_id: str) -> Page:
    """Change a template of the community's own."""
    reader, here = _facilitator(slug)
    wording = wordings.find(here.id, public_id)
    if wording is None or not wording.ours:
        raise NotFound
    form = WordingForm(data={**wording.words, "name": wording.name})
    if form.validate_on_submit():
        with form.refusals():
            wordings.change(reader, here.id, public_id, form.name.data, _typed(form))
            flash(gettext("Saved."))
            return redirect(url_for("notices.templates", slug=slug), 303)
    return render_template("notices/template.html", community=here, form=form, wording=wording), form.http_status


@notices.post("/c/<slug>/notice-templates/<public_id>/remove")
def remove_template(slug: str, public_id: str) -> Page:
    """Remove a template of the community's own, once one has said that one is sure."""
    reader, here = _facilitator(slug)
    wording = wordings.find(here.id, public_id)
    if wording is None or not wording.ours:
        raise NotFound
    if not is_sure():
        return render_template(
            "people/sure.html",
            community=here,
            question=gettext("Remove the template “%(name)s”?", name=wording.name),
            what=gettext("Notices that were begun with it stay as they are."),
            verb=gettext("Remove it"),
            back=url_for("notices.templates", slug=slug),
            where=gettext("Templates of notices"),
        )
    wordings.remove(reader, here.id, public_id)
    flash(gettext("The template is removed."))
    return redirect(url_for("notices.templates", slug=slug), 303)


@notices.route("/c/<slug>/notice/<public_id>/board/<int:building_id>", methods=["GET", "POST"])
def board(slug: str, public_id: str, building_id: int) -> Page:
    """Keep a photo of the notice on a building's board."""
    reader, here = _facilitator(slug)
    ref = only(queries.NOTICE.spec, find_activity(public_id, now(), slug))
    notice = queries.notices_of([ref.id]).get(ref.id)
    if notice is None or notice.posted_at is None:
        raise NotFound
    label = board_of(ref, building_id)
    form = ProofForm()
    if request.method == "GET":
        form.day.data, form.hung_by.data = local_date(now()), reader.name
    if form.validate_on_submit():
        with form.refusals():
            file, taken_on = form.photo.data, form.day.data
            assert taken_on is not None
            photo = receive_photo(file.read()) if file and file.filename else None
            prove(reader, public_id, building_id, photo, taken_on, form.hung_by.data)
            flash(gettext("The photo is kept with the notice."))
            return redirect(url_for("notices.activity", slug=slug, public_id=public_id, _anchor="boards"), 303)
    return (
        render_template("notices/board.html", community=here, ref=ref, notice=notice, form=form, label=label),
        form.http_status,
    )


@notices.route("/admin/days", methods=["GET", "POST"])
def special_days() -> Page:
    """The days that the town counts otherwise than the published list of holidays."""
    reader = signed_in()
    reader.require_admin()
    form = SpecialDayForm()
    if form.validate_on_submit():
        with form.refusals():
            day = form.day.data
            assert day is not None
            days.set_day(reader, day, form.working.data == "yes", form.why.data)
            flash(gettext("Saved. Notices that hang already keep their days."))
            return redirect(url_for("notices.special_days"), 303)
    today = local_date(now())
    rows = days.special_days(date(today.year - 1, 1, 1))
    return (
        render_template("notices/days.html", rows=rows, form=form, listed_until=listed_until(today.year)),
        form.http_status,
    )


@notices.post("/admin/days/<day>/remove")
def unset_day(day: str) -> Page:
    """Let the published list hold again for a day."""
    reader = signed_in()
    reader.require_admin()
    try:
        found = date.fromisoformat(day)
    except ValueError:
        raise NotFound from None
    days.unset_day(reader, found)
    flash(gettext("The published list holds again for this day."))
    return redirect(url_for("notices.special_days"), 303)
