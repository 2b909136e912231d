"""The page of rings: the rings are those of the methods offered, so it stands with projects, not with people."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField
from wtforms.validators import InputRequired

from app.core.forms import Form, options
from app.core.i18n import gettext, text_in
from app.core.i18n import lazy_gettext as _l
from app.engine.method import Ring
from app.people import rings as commands
from app.people.access import note_access
from app.people.queries import community_by_slug
from app.people.session import signed_in
from app.projects import queries
from app.projects.console import Page
from app.projects.views import public


class RingForm(Form):
    """Somebody of the community, and a ring."""

    person = SelectField(_l("Who"))
    ring = RadioField(_l("Ring"), validators=[InputRequired(_l("Choose a ring."))])


def offered_rings() -> dict[str, Ring]:
    """The rings of all methods offered, by key; the first method that names one gives its words."""
    found: dict[str, Ring] = {}
    for version in queries.offered_methods():
        for ring in queries.parse(version.source).rings:
            found.setdefault(ring.key, ring)
    return found


@public.route("/c/<slug>/rings", methods=["GET", "POST"])
def rings(slug: str) -> Page:
    """Who is in which ring beside what role and household give; one more."""
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_facilitator(here.id)
    note_access(reader, here.id, "members")
    offered, form = offered_rings(), RingForm()
    form.person.choices = options(
        (person.public_id, f"{person.name}, {place}" if place else person.name)
        for person, place in commands.people_here(here.id)
    )
    form.ring.choices = options((ring.key, text_in(ring.title)) for ring in offered.values())
    if form.validate_on_submit():
        with form.refusals():
            commands.put_in_ring(reader, here.id, form.person.data, form.ring.data, offered)
            flash(gettext("Saved."))
            return redirect(url_for("projects.rings", slug=slug), 303)
    members = [(member, person, offered.get(member.ring)) for member, person in commands.ring_members(here.id)]
    return (
        render_template("projects/rings.html", community=here, form=form, members=members, offered=offered),
        form.http_status,
    )


@public.post("/c/<slug>/rings/<int:member_id>/end")
def end_ring(slug: str, member_id: int) -> Response:
    """Take somebody out of a ring."""
    commands.take_out_of_ring(signed_in(), community_by_slug(slug).id, member_id)
    flash(gettext("Saved."))
    return redirect(url_for("projects.rings", slug=slug), 303)
