"""Pages of votes that the law knows: the matter, the authorisation, mandates, and a count under notice."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from app.ballots import counts, gates, mandates, matters, queries, standings, times
from app.ballots.law_forms import (
    AuthorisationForm,
    CountAnswerForm,
    CountObjectionForm,
    MandateForm,
    MatterForm,
    RevokeForm,
)
from app.ballots.views import Page, ballots
from app.core.clock import now
from app.core.forms import options
from app.core.i18n import gettext, say
from app.core.media import Upload, extensions_of, receive_document
from app.engine.errors import NotFound
from app.engine.voting import RULES
from app.engine.voting.owners import ITEMS
from app.people.access import note_access
from app.people.queries import community_by_slug
from app.people.session import actor, signed_in
from app.projects.queries import find_activity


def _received(file: Any) -> Upload | None:
    return receive_document(file.read(), file.filename) if file and getattr(file, "filename", "") else None


@ballots.route("/c/<slug>/votes/<public_id>/matter", methods=["GET", "POST"])
def matter(slug: str, public_id: str) -> Page:
    """Name the matter of an owners' decision."""
    reader, here, at = signed_in(), community_by_slug(slug), now()
    reader.require_facilitator(here.id)
    ref = find_activity(public_id, at, slug)
    decision = queries.decisions_of([ref.id]).get(ref.id)
    if decision is None or ref.activity.settings.get("electorate") != "owner":
        raise NotFound
    row = matters.matter_of(decision.id)
    form = MatterForm(data={"item": row.item, "reason": row.reason} if row else None)
    form.item.choices = options((key, f"({item.number}) {say(item.title)}") for key, item in ITEMS.items())
    if form.validate_on_submit():
        with form.refusals():
            matters.classify(reader, public_id, form.item.data or "", form.reason.data or "")
            flash(gettext("The matter is named. It freezes with the announcement."))
            return redirect(url_for("ballots.activity", slug=slug, public_id=public_id), 303)
    return (
        render_template("ballots/matter.html", community=here, ref=ref, form=form, items=ITEMS, rules=RULES),
        form.http_status,
    )


@ballots.route("/c/<slug>/authorisation", methods=["GET", "POST"])
def authorisation(slug: str) -> Page:
    """The authorisation for statutory voting; the administrator of the town enters it."""
    reader, here = actor(), community_by_slug(slug)
    form = AuthorisationForm()
    if request.method == "POST":
        signed_in().require_admin()
        if form.validate_on_submit() and form.day.data is not None:
            with form.refusals():
                scan = receive_document(form.document.data.read(), form.document.data.filename or "")
                written = form.day.data.isoformat()
                matters.authorise(reader, slug, form.authority.data or "", form.number.data or "", written, scan)
                flash(gettext("The authorisation is on file. It holds for votes announced from now on."))
                return redirect(url_for("ballots.authorisation", slug=slug), 303)
    rows = matters.authorisations(here.id)
    return (
        render_template(
            "ballots/authorisation.html",
            community=here,
            rows=rows,
            extensions=extensions_of(row.scan for row in rows),
            member=reader.is_admin or reader.belongs_to(here.id),
            form=form,
            writes=reader.is_admin,
        ),
        form.http_status,
    )


@ballots.route("/c/<slug>/authorisation/<public_id>/revoke", methods=["GET", "POST"])
def revoke_authorisation(slug: str, public_id: str) -> Page:
    """Revoke an authorisation, with the reason."""
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_admin()
    rows = matters.authorisations(here.id)
    found = next((row for row in rows if row.public_id == public_id and row.revoked_at is None), None)
    if found is None:
        raise NotFound
    form = RevokeForm()
    if form.validate_on_submit():
        with form.refusals():
            matters.revoke(reader, slug, public_id, form.reason.data or "")
            flash(gettext("The authorisation is revoked."))
            return redirect(url_for("ballots.authorisation", slug=slug), 303)
    return render_template("ballots/revoke.html", community=here, row=found, form=form), form.http_status


@ballots.route("/c/<slug>/poll/<public_id>/mandates", methods=["GET", "POST"])
def mandates_page(slug: str, public_id: str) -> Page:
    """The written mandates of an owners' vote, and the form to record one."""
    reader, here, at = signed_in(), community_by_slug(slug), now()
    reader.require_facilitator(here.id)
    page = queries.find_poll(public_id, slug, at)
    if page.round.poll.electorate != "owner":
        raise NotFound
    note_access(reader, here.id, "mandates", public_id)
    form = MandateForm()
    form.entry.choices = options((str(row.id), row.label) for row in mandates.entries(page.round.poll.id))
    if form.validate_on_submit():
        with form.refusals():
            mandates.give(
                reader,
                public_id,
                int(form.entry.data or 0),
                form.unit.data or "",
                form.name.data or "",
                form.paper.data or "",
                _received(form.document.data),
            )
            flash(gettext("The mandate is recorded."))
            return redirect(url_for("ballots.mandates_page", slug=slug, public_id=public_id), 303)
    return (
        render_template(
            "ballots/mandates.html",
            community=here,
            round=page.round,
            rows=mandates.mandates_of(page.round.poll.id),
            form=form,
            open=at < page.round.poll.closes_at,
        ),
        form.http_status,
    )


@ballots.post("/c/<slug>/poll/<public_id>/mandates/<mandate>/revoke")
def revoke_mandate(slug: str, public_id: str, mandate: str) -> Page:
    """Revoke a mandate before the close."""
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_facilitator(here.id)
    queries.find_poll(public_id, slug, now())
    mandates.revoke(reader, public_id, mandate)
    flash(gettext("The mandate is revoked. What was cast under it counts until the owner casts anew."))
    return redirect(url_for("ballots.mandates_page", slug=slug, public_id=public_id), 303)


@ballots.route("/c/<slug>/poll/<public_id>/count", methods=["GET", "POST"])
def count(slug: str, public_id: str) -> Page:
    """A count under notice: what is objected to it and answered; the form to object."""
    reader, here, at = actor(), community_by_slug(slug), now()
    page = queries.find_poll(public_id, slug, at)
    poll = page.round.poll
    if "notice_days" not in poll.matter or page.round.phase != "closed":
        raise NotFound
    form = CountObjectionForm()
    if request.method == "POST":
        signed_in()
        if form.validate_on_submit():
            with form.refusals():
                counts.object_to(reader, public_id, form.reason.data or "")
                flash(gettext("Your objection is recorded. It is answered here before the count is final."))
                return redirect(url_for("ballots.count", slug=slug, public_id=public_id), 303)
    return (
        render_template(
            "ballots/count.html",
            community=here,
            round=page.round,
            standing=gates.standing,
            rows=counts.objections_to(poll.id),
            form=form,
            may=page.round.preliminary and standings.standing_of(reader, poll) is not None,
            leads=reader.facilitates(here.id),
            missing=counts.missing(poll, at) if page.round.preliminary else [],
            ends=times.notice_ends(poll),
            changed=counts.changed_since(page.round),
        ),
        form.http_status,
    )


@ballots.route("/c/<slug>/poll/<public_id>/count/<objection>", methods=["GET", "POST"])
def answer_count(slug: str, public_id: str, objection: str) -> Page:
    """Answer an objection to a count."""
    reader, here, at = signed_in(), community_by_slug(slug), now()
    reader.require_facilitator(here.id)
    page = queries.find_poll(public_id, slug, at)
    found = counts.find_objection(objection, page.round.poll.id)
    form = CountAnswerForm()
    if form.validate_on_submit():
        with form.refusals():
            counts.answer(reader, public_id, objection, form.answer.data or "")
            flash(gettext("Answered."))
            return redirect(url_for("ballots.count", slug=slug, public_id=public_id), 303)
    return (
        render_template("ballots/answer_count.html", community=here, round=page.round, row=found, form=form),
        form.http_status,
    )


@ballots.post("/c/<slug>/poll/<public_id>/count/final")
def finalise(slug: str, public_id: str) -> Page:
    """Make a count final."""
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_facilitator(here.id)
    queries.find_poll(public_id, slug, now())
    counts.finalise(reader, public_id)
    flash(gettext("The count is final."))
    return redirect(url_for("ballots.result", slug=slug, public_id=public_id), 303)
