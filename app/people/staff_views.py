"""Pages of the desk, the staff of a community, and the administration of the town."""

from __future__ import annotations

import logging
from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select

from app.core.database import db
from app.core.forms import options
from app.core.i18n import at_local, gettext, say
from app.engine.errors import NotFound
from app.people import communities, desk, printed, staff
from app.people.access import HOUSEHOLD, note_access
from app.people.actor import ROLE_NAMES, ROLES, Actor
from app.people.factors import with_factors
from app.people.forms import CommunityForm, DeputyForm, FindForm, InviteForm
from app.people.models import Person, RoleGrant
from app.people.places import Community
from app.people.queries import communities as all_communities
from app.people.queries import community_by_slug, household_label, roll_households, town
from app.people.session import signed_in
from app.people.views import Page, is_sure, people
from app.printing.answer import once
from app.printing.paper import require

log = logging.getLogger(__name__)


def facilitator_of(slug: str) -> tuple[Actor, Community]:
    """Who acts, a facilitator of a community, and the community."""
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_facilitator(here.id)
    return reader, here


def _staff_of(slug: str) -> tuple[Actor, Community]:
    reader, here = signed_in(), community_by_slug(slug)
    if not reader.is_admin:
        reader.require_facilitator(here.id)
    return reader, here


@people.get("/c/<slug>/desk")
def desk_page(slug: str) -> str:
    """Find a household."""
    reader, here = facilitator_of(slug)
    form = FindForm(request.args, meta={"csrf": False})
    typed = (request.args.get("find") or "")[:40]
    found = desk.find_households(reader, here.id, typed) if typed else []
    if len(found) == 1:
        note_access(reader, here.id, "household", found[0][0].public_id, whose=HOUSEHOLD)
    elif typed:
        note_access(reader, here.id, "desk", typed)
    found = desk.find_households(reader, here.id, typed) if typed else []
    return render_template("people/desk.html", community=here, form=form, found=found, typed=typed)


@people.post("/c/<slug>/desk/<public_id>/code")
def issue_code(slug: str, public_id: str) -> Page:
    """A new code for a household; this page is the only one that shows it."""
    reader, here = facilitator_of(slug)
    desk.household_here(here.id, public_id)
    code = desk.issue_code(reader, public_id)
    note_access(reader, here.id, "code", public_id, whose=HOUSEHOLD)
    return render_template("people/code.html", community=here, code=code, label=household_label(public_id))


@people.route("/c/<slug>/desk/<public_id>/move-out", methods=["GET", "POST"])
def move_out(slug: str, public_id: str) -> Page:
    """End a household that has moved out."""
    reader, here = facilitator_of(slug)
    desk.household_here(here.id, public_id)
    if request.method == "POST":
        desk.move_out(reader, public_id)
        flash(gettext("The household is ended; its code and devices no longer work."))
        return redirect(url_for("people.desk_page", slug=slug), 303)
    note_access(reader, here.id, "household", public_id, whose=HOUSEHOLD)
    return render_template("people/move_out.html", community=here, public_id=public_id)


@people.post("/c/<slug>/desk/codes")
def issue_codes(slug: str) -> Page:
    """Codes for every household that has none, as slips to print; shown once."""
    reader, here = facilitator_of(slug)
    on_paper = "pdf" in request.form
    if on_paper:
        require()  # before a code is made that could not be shown
    note_access(reader, here.id, "slips")
    codes = desk.issue_many(reader, here.id)
    rows = [(row, codes[row.id]) for row in roll_households(here.id) if row.id in codes]
    if on_paper and rows:
        try:
            return once(printed.slips(here, [(row.label, code) for row, code in rows]), f"slips-{slug}")
        except Exception:  # whatever it was: the codes are made, and this answer is the only one that shows them
            log.exception("slips could not be set")
    return render_template("people/slips.html", community=here, rows=rows)


@people.route("/c/<slug>/people", methods=["GET", "POST"])
def members(slug: str) -> Page:
    """The staff of a community: who has which role; an invitation."""
    reader, here = _staff_of(slug)
    form = InviteForm()
    allowed = [r for r in ROLES if r != "administrator"] if reader.is_admin else sorted(staff.BY_FACILITATOR)
    form.role.choices = options((role, say(ROLE_NAMES[role])) for role in allowed)
    link = None
    if form.validate_on_submit():
        with form.refusals():
            secret = staff.invite(
                reader, email=form.email.data, name=form.name.data, role=form.role.data, community_id=here.id
            )
            link = url_for("people.accept", secret=secret, _external=True) if secret else ""
    rows = _grants(here.id)
    page = render_template(
        "people/members.html",
        community=here,
        rows=rows,
        form=form,
        link=link,
        names=ROLE_NAMES,
        factored=with_factors(person.id for _, person in rows) if reader.is_admin else frozenset(),
    )
    return page, form.http_status


def _grants(community_id: int | None) -> list[tuple[RoleGrant, Person]]:
    place = RoleGrant.community_id.is_(None) if community_id is None else RoleGrant.community_id == community_id
    query = (
        select(RoleGrant, Person)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(place, RoleGrant.ended_at.is_(None))
        .order_by(RoleGrant.role, RoleGrant.id)
    )
    return [(grant, person) for grant, person in db.session.execute(query)]


@people.post("/c/<slug>/people/<int:grant_id>/end")
def end_role(slug: str, grant_id: int) -> Page:
    """End a role."""
    reader, here = _staff_of(slug)
    found = {grant.id: (grant, person) for grant, person in _grants(here.id)}
    if grant_id not in found:
        raise NotFound
    if not is_sure():
        grant, person = found[grant_id]
        return render_template(
            "people/sure.html",
            community=here,
            question=gettext("End the role of %(name)s?", name=person.name),
            what=gettext(
                "%(role)s in %(where)s: it ends at once. To come back, this person is invited anew.",
                role=say(ROLE_NAMES[grant.role]),
                where=here.name,
            ),
            verb=gettext("End the role"),
            back=url_for("people.members", slug=slug),
            where=gettext("People and roles"),
        )
    staff.end_role(reader, grant_id)
    flash(gettext("The role is ended."))
    return redirect(url_for("people.members", slug=slug), 303)


@people.route("/c/<slug>/people/deputy", methods=["GET", "POST"])
def deputy(slug: str) -> Page:
    """Name somebody who stands in for a while."""
    reader, here = facilitator_of(slug)
    form = DeputyForm()
    everybody = db.session.scalars(
        select(Person)
        .where(Person.email.is_not(None), Person.left_at.is_(None), Person.id != reader.person_id)
        .where(Person.id.in_(select(RoleGrant.person_id).where(RoleGrant.ended_at.is_(None))))
        .order_by(Person.name)
    )
    form.person.choices = options((person.public_id, person.name) for person in everybody)
    if form.validate_on_submit() and form.until.data is not None:
        with form.refusals():
            until = at_local(form.until.data + timedelta(days=1))
            staff.deputise(reader, here.id, form.person.data, until)
            flash(gettext("The deputy is named."))
            return redirect(url_for("people.members", slug=slug), 303)
    return render_template("people/deputy.html", community=here, form=form), form.http_status


@people.route("/admin", methods=["GET", "POST"])
def admin() -> Page:
    """The town: its communities and its administrators."""
    reader = signed_in()
    reader.require_admin()
    form = InviteForm()
    form.role.choices = options([("administrator", say(ROLE_NAMES["administrator"]))])
    link = None
    if form.validate_on_submit():
        with form.refusals():
            secret = staff.invite(
                reader, email=form.email.data, name=form.name.data, role="administrator", community_id=None
            )
            link = url_for("people.accept", secret=secret, _external=True) if secret else ""
    grants = _grants(None)
    page = render_template(
        "people/admin.html",
        town=town(),
        rows=all_communities(),
        grants=grants,
        form=form,
        link=link,
        factored=with_factors(person.id for _, person in grants),
    )
    return page, form.http_status


@people.post("/admin/people/<public_id>/link")
def password_link(public_id: str) -> str:
    """A link for a new password, to be handed over by the administrator."""
    secret = staff.new_password_link(signed_in(), public_id)
    return render_template("people/link.html", link=url_for("people.accept", secret=secret, _external=True))


@people.post("/admin/people/<public_id>/leave")
def leave(public_id: str) -> Page:
    """End all roles and sessions of somebody who leaves the staff."""
    reader = signed_in()
    reader.require_admin()
    if not is_sure():
        return render_template(
            "people/sure.html",
            question=gettext("Does %(name)s leave the staff?", name=staff.name_of(public_id)),
            what=gettext(
                "All roles, sessions and the password end at once. What this person did stays in the records."
            ),
            verb=gettext("End all of it"),
            back=url_for("people.admin"),
            where=gettext("The town"),
        )
    staff.leave(reader, public_id)
    flash(gettext("All roles and sessions of this person are ended."))
    return redirect(url_for("people.admin"), 303)


@people.route("/admin/communities/new", methods=["GET", "POST"])
def new_community() -> Page:
    """One more community."""
    reader = signed_in()
    reader.require_admin()
    form = CommunityForm()
    if form.validate_on_submit():
        with form.refusals():
            values = {key: value for key, value in form.data.items() if key not in ("slug", "csrf_token")}
            communities.create_community(reader, form.slug.data, **values)
            flash(gettext("The community is there. Import its roll next."))
            return redirect(url_for("people.members", slug=form.slug.data), 303)
    return render_template("people/community.html", form=form, new=True), form.http_status


@people.route("/c/<slug>/settings", methods=["GET", "POST"])
def edit_community(slug: str) -> Page:
    """A community's names, address and desk."""
    reader, here = _staff_of(slug)
    form = CommunityForm(obj=here)
    form.slug.data = slug
    if form.validate_on_submit():
        with form.refusals():
            values = {key: value for key, value in form.data.items() if key not in ("slug", "csrf_token")}
            communities.edit_community(reader, slug, **values)
            flash(gettext("Saved."))
            return redirect(url_for("people.edit_community", slug=slug), 303)
    return render_template("people/community.html", community=here, form=form, new=False), form.http_status
