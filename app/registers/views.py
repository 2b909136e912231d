"""Pages of registers."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.clock import now
from app.core.i18n import gettext, say
from app.core.i18n import money as say_money
from app.core.media import Upload, extensions_of, receive_document
from app.core.pages import kept_by_kind
from app.engine.errors import NotFound
from app.people.places import Community
from app.people.queries import community_by_slug
from app.people.session import actor, signed_in
from app.projects.kinds import ActivityRef
from app.projects.queries import find_activity, find_activity_by_id
from app.registers import queries, service
from app.registers.forms import RemoveForm, entry_form
from app.registers.models import RegisterEntry
from app.registers.shape import Field, Section

registers = Blueprint("registers", __name__)
Page = str | Response | tuple[str, int]


def shown(item: Field, value: object) -> str:
    """A value as a reader sees it."""
    if value in (None, ""):
        return "–"
    if item.type == "money" and isinstance(value, int):
        return say_money(value)
    if item.choices:
        return say(item.choices.get(str(value), str(value)))
    return str(value)


@registers.app_context_processor
def _context() -> dict[str, object]:
    return {"REGISTERS": queries.BY_KIND, "shown_value": shown}


@registers.get("/c/<slug>/register/<public_id>")
@kept_by_kind
def activity(slug: str, public_id: str) -> str:
    """A register: its lists, its sums, and what its gates say."""
    here, reader, at = community_by_slug(slug), actor(), now()
    ref = find_activity(public_id, at, slug)
    register = queries.register_of(ref)
    facts = queries.facts_of([ref], at)[ref.id]
    rows = queries.entries_of([ref.id], live=False)[ref.id]
    return render_template(
        "registers/activity.html",
        community=here,
        ref=ref,
        register=register,
        rows=[row for row in rows if row.live],
        old=[row for row in rows if not row.live],
        reach=register.by_building(facts) if register.by_building is not None else [],
        verdicts=[(gate, gate.judge(facts)) for gate in register.gates],
        writes=service.may_write(reader, ref),
        member=reader.belongs_to(here.id),
        papers=extensions_of(row.document for row in rows if row.document),
    )


def _document(form: object) -> Upload | None:
    field = getattr(form, "document", None)
    file = field.data if field is not None else None
    return receive_document(file.read(), file.filename) if file and getattr(file, "filename", "") else None


def _section(ref: ActivityRef, key: str) -> Section:
    section = queries.register_of(ref).section(key)
    if section is None:
        raise NotFound
    return section


@registers.route("/c/<slug>/register/<public_id>/<section>/add", methods=["GET", "POST"])
def add(slug: str, public_id: str, section: str) -> Page:
    """Add an entry."""
    reader, here = signed_in(), community_by_slug(slug)
    ref = find_activity(public_id, now(), slug)
    part = _section(ref, section)
    service.require_writer(reader, ref)
    form = entry_form(part)
    if form.validate_on_submit():
        with form.refusals():
            values = {item.key: form[item.key].data for item in part.fields}
            service.add(reader, public_id, section, values, _document(form), once=form.once.data)
            flash(gettext("Entered."))
            return redirect(url_for("registers.activity", slug=slug, public_id=public_id), 303)
    return (
        render_template("registers/entry.html", community=here, ref=ref, part=part, form=form, entry=None),
        form.http_status,
    )


def _place(slug: str, public_id: str) -> tuple[Community, RegisterEntry, ActivityRef, Section]:
    here = community_by_slug(slug)
    entry = queries.find_entry(public_id)
    if entry.community_id != here.id or (request.method != "POST" and not entry.live):
        raise NotFound
    ref = find_activity_by_id(entry.activity_run_id, now())
    service.require_writer(signed_in(), ref)
    return here, entry, ref, _section(ref, entry.section)


@registers.route("/c/<slug>/entry/<public_id>", methods=["GET", "POST"])
def correct(slug: str, public_id: str) -> Page:
    """Correct an entry."""
    reader = signed_in()
    here, entry, ref, part = _place(slug, public_id)
    form = entry_form(part, entry)
    if form.validate_on_submit():
        with form.refusals():
            values = {item.key: form[item.key].data for item in part.fields}
            service.correct(reader, public_id, values, _document(form), once=form.once.data)
            flash(gettext("Corrected. The earlier entry stays in the history."))
            return redirect(url_for("registers.activity", slug=slug, public_id=ref.public_id), 303)
    return (
        render_template("registers/entry.html", community=here, ref=ref, part=part, form=form, entry=entry),
        form.http_status,
    )


@registers.route("/c/<slug>/entry/<public_id>/remove", methods=["GET", "POST"])
def remove(slug: str, public_id: str) -> Page:
    """Remove an entry, with a reason."""
    reader = signed_in()
    here, entry, ref, part = _place(slug, public_id)
    form = RemoveForm()
    if form.validate_on_submit():
        with form.refusals():
            service.remove(reader, public_id, form.reason.data)
            flash(gettext("Removed. It stays in the history, with your reason."))
            return redirect(url_for("registers.activity", slug=slug, public_id=ref.public_id), 303)
    return (
        render_template("registers/remove.html", community=here, ref=ref, part=part, entry=entry, form=form),
        form.http_status,
    )
