"""Pages of the owners of units: entered from papers, who speaks for them, two that are one."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for

from app.core.database import db
from app.core.forms import options
from app.core.i18n import gettext
from app.engine.errors import Invalid
from app.engine.phrase import phrase
from app.people import communities, desk, owners
from app.people.access import note_access
from app.people.actor import Actor
from app.people.forms import MergeForm, OwnerForm, SpeakerForm
from app.people.places import Unit
from app.people.staff_views import facilitator_of
from app.people.views import Page, people


@people.route("/c/<slug>/owners", methods=["GET", "POST"], endpoint="owners")
def owners_page(slug: str) -> Page:
    """The owners of units, entered from papers."""
    reader, here = facilitator_of(slug)
    note_access(reader, here.id, "owners")
    form = OwnerForm()
    if form.validate_on_submit():
        with form.refusals():
            units = [_unit(reader, here.id, part) for part in form.units.data.replace("，", ",").split(",")]
            communities.add_owner(reader, here.id, form.name.data, units, form.source.data or "")
            flash(gettext("The owner is entered."))
            return redirect(url_for("people.owners", slug=slug), 303)
    return (
        render_template("people/owners.html", community=here, rows=communities.owners_of(here.id), form=form),
        form.http_status,
    )


def _unit(reader: Actor, community_id: int, typed: str) -> str:
    found = desk.find_households(reader, community_id, typed)
    unit = db.session.get(Unit, found[0][0].unit_id) if len(found) == 1 else None
    return unit.public_id if unit else ""


@people.route("/c/<slug>/owners/<public_id>", methods=["GET", "POST"])
def owner(slug: str, public_id: str) -> Page:
    """An owner: who speaks for them, and whether they are the developer."""
    reader, here = facilitator_of(slug)
    owners.find_owner(here.id, public_id)
    note_access(reader, here.id, "owner", public_id)
    found = owners.find_owner(here.id, public_id)
    form = SpeakerForm()
    if form.validate_on_submit():
        with form.refusals():
            owners.link_person(reader, here.id, public_id, form.unit.data, form.name.data, form.paper.data)
            flash(gettext("Recorded: this person speaks for the owner."))
            return redirect(url_for("people.owner", slug=slug, public_id=public_id), 303)
    rows, units = owners.speakers_of(found.id), owners.units_of(found.id)
    return (
        render_template("people/owner.html", community=here, owner=found, rows=rows, units=units, form=form),
        form.http_status,
    )


@people.post("/c/<slug>/owners/<public_id>/end/<person>")
def unlink_owner(slug: str, public_id: str, person: str) -> Page:
    """End that somebody speaks for an owner."""
    reader, here = facilitator_of(slug)
    owners.unlink_person(reader, here.id, public_id, person)
    flash(gettext("This person no longer speaks for the owner."))
    return redirect(url_for("people.owner", slug=slug, public_id=public_id), 303)


@people.post("/c/<slug>/owners/<public_id>/developer")
def developer(slug: str, public_id: str) -> Page:
    """Say whether an owner is the developer."""
    reader, here = facilitator_of(slug)
    owners.mark_developer(reader, here.id, public_id, developer=request.form.get("on") == "1")
    flash(gettext("Saved."))
    return redirect(url_for("people.owner", slug=slug, public_id=public_id), 303)


@people.route("/c/<slug>/owners/merge", methods=["GET", "POST"])
def merge_owners(slug: str) -> Page:
    """Decide that two entries are one owner."""
    reader, here = facilitator_of(slug)
    note_access(reader, here.id, "owners")
    form = MergeForm()
    form.keep.choices = options(
        (owner.public_id, f"{owner.name} ({', '.join(unit.room for _, unit in units)})")
        for owner, units in communities.owners_of(here.id)
    )
    if form.validate_on_submit():
        with form.refusals():
            chosen = form.keep.data or []
            if len(chosen) != 2:
                raise Invalid(phrase("Choose two."), {"keep": phrase("Choose two.")})
            communities.merge_owners(reader, chosen[0], chosen[1], form.reason.data)
            flash(gettext("The entries are one owner now."))
            return redirect(url_for("people.owners", slug=slug), 303)
    return render_template("people/merge.html", community=here, form=form), form.http_status
