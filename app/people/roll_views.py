"""Pages of the roll: sending a spreadsheet, its progress, its preview, its confirmation."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from sqlalchemy import select

from app.core.database import db
from app.core.i18n import gettext
from app.core.jobs import Job
from app.engine.errors import NotFound
from app.people import roll
from app.people.access import note_access
from app.people.forms import ConfirmRollForm, RollForm
from app.people.places import RollImport, RollRowStaged
from app.people.queries import community_by_slug, count_by_building
from app.people.session import signed_in
from app.people.views import Page, people

SHOWN = 50


@people.route("/c/<slug>/roll", methods=["GET", "POST"])
def roll_page(slug: str) -> Page:
    """The roll by building, the imports so far, and a new one."""
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_facilitator(here.id)
    form = RollForm()
    if form.validate_on_submit():
        with form.refusals():
            file = form.file.data
            public_id = roll.receive(reader, here.id, file.read(), file.filename or "")
            return redirect(url_for("people.roll_import", slug=slug, public_id=public_id), 303)
    imports = db.session.scalars(
        select(RollImport).where(RollImport.community_id == here.id).order_by(RollImport.id.desc()).limit(20)
    )
    return (
        render_template(
            "people/roll.html", community=here, form=form, imports=list(imports), rows=count_by_building(here.id)
        ),
        form.http_status,
    )


@people.route("/c/<slug>/roll/<public_id>", methods=["GET", "POST"])
def roll_import(slug: str, public_id: str) -> Page:
    """One import: how far it is, what is wrong, what it would change; confirm it."""
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_facilitator(here.id)
    row = roll.find(public_id)
    if row.community_id != here.id:
        raise NotFound
    form = ConfirmRollForm()
    if form.validate_on_submit():
        with form.refusals():
            roll.confirm(reader, public_id, gone=form.gone.data)
            flash(gettext("The roll is up to date."))
            return redirect(url_for("people.roll_page", slug=slug), 303)
    note_access(reader, here.id, "roll", public_id)
    row = roll.find(public_id)
    changes = db.session.scalars(
        select(RollRowStaged)
        .where(RollRowStaged.import_id == row.id, RollRowStaged.change != "same")
        .order_by(RollRowStaged.change.desc(), RollRowStaged.line)
        .limit(SHOWN)
    )
    job = db.session.scalar(select(Job).where(Job.key == f"roll.read:{row.id}"))
    return (
        render_template(
            "people/roll_import.html",
            community=here,
            row=row,
            form=form,
            job=job,
            problem=roll.plain_to_phrase(row.problem) if row.problem else None,
            bad=[(item, roll.plain_to_phrase(item["problem"])) for item in row.bad[:200]],
            changes=list(changes),
            gone=roll.gone_units(here.id, row.id)[:SHOWN] if row.state == "ready" and row.gone else [],
        ),
        form.http_status,
    )
