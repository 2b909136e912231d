"""Pages of what leaves a community: how deliveries stand, and the groups that are told what becomes public."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.core.database import db
from app.core.delivery import GroupHook
from app.core.forms import options
from app.core.i18n import gettext, language, say
from app.notifications import groups, hooks, mail, state
from app.notifications.forms import GroupForm
from app.notifications.views import notifications
from app.people.access import note_access
from app.people.queries import community_by_slug
from app.people.session import signed_in

Page = str | Response | tuple[str, int]


@notifications.get("/c/<slug>/deliveries")
def deliveries(slug: str) -> Page:
    """What was sent from a community, what waits, and what somebody should look at."""
    reader, here = signed_in(), community_by_slug(slug)
    groups.require_office(reader, here.id)
    note_access(reader, here.id, "deliveries")
    return render_template(
        "notifications/deliveries.html",
        community=here,
        board=state.board(here.id),
        why=state.why,
        mails=mail.ready(),
        tells=hooks.ready(),
        leads=reader.facilitates(here.id),
    )


@notifications.post("/c/<slug>/deliveries/<public_id>/again")
def send_again(slug: str, public_id: str) -> Page:
    """Send once more what failed or is uncertain."""
    groups.send_again(signed_in(), community_by_slug(slug).id, public_id)
    flash(gettext("It goes out once more, within a minute."))
    return redirect(url_for("notifications.deliveries", slug=slug), 303)


@notifications.route("/c/<slug>/groups", methods=["GET", "POST"])
def group_list(slug: str) -> Page:
    """The groups that are told what becomes public here."""
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_facilitator(here.id)
    form = GroupForm()
    form.kind.choices = options([(key, say(kind.name)) for key, kind in hooks.KINDS.items()])
    if request.method == "POST" and form.validate_on_submit():
        with form.refusals():
            groups.add(reader, here.id, form.kind.data, form.name.data, form.url.data, language())
            flash(gettext("Added. The robot says hello in the group within a minute."))
            return redirect(url_for("notifications.group_list", slug=slug), 303)
    rows = db.session.scalars(
        select(GroupHook).where(GroupHook.community_id == here.id, GroupHook.ended_at.is_(None)).order_by(GroupHook.id)
    )
    return (
        render_template(
            "notifications/groups.html",
            community=here,
            rows=list(rows),
            kinds=hooks.KINDS,
            form=form,
            ready=hooks.ready(),
        ),
        form.http_status,
    )


@notifications.post("/c/<slug>/groups/<public_id>/remove")
def remove_group(slug: str, public_id: str) -> Page:
    """Tell a group nothing more."""
    groups.remove(signed_in(), community_by_slug(slug).id, public_id)
    flash(gettext("Removed. The group is told nothing more."))
    return redirect(url_for("notifications.group_list", slug=slug), 303)
