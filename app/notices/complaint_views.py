"""Pages of complaints: lodged by those who are signed in, or by the code on a slip; answered by name."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.core.clock import now
from app.core.i18n import gettext
from app.core.web import client_address
from app.engine.errors import NotFound
from app.notices import queries, service
from app.notices.forms import AnswerForm, CodeComplaintForm, ComplaintForm
from app.notices.models import Notice
from app.notices.views import Page, notices
from app.people.places import Community
from app.people.queries import community_by_slug
from app.people.session import signed_in
from app.projects.kinds import ActivityRef, only
from app.projects.queries import find_activity, find_activity_by_id


def _posted(slug: str, public_id: str) -> tuple[Community, ActivityRef, Notice]:
    here = community_by_slug(slug)
    ref = only(queries.NOTICE.spec, find_activity(public_id, now(), slug))
    notice = queries.notices_of([ref.id]).get(ref.id)
    if notice is None or notice.posted_at is None:
        raise NotFound
    return here, ref, notice


def _back_to(slug: str, public_id: str, made: str) -> Response:
    return redirect(url_for("notices.activity", slug=slug, public_id=public_id, _anchor=f"c-{made}"), 303)


@notices.route("/c/<slug>/notice/<public_id>/complain", methods=["GET", "POST"])
def complain(slug: str, public_id: str) -> Page:
    """Complain against a notice."""
    reader = signed_in()
    here, ref, notice = _posted(slug, public_id)
    form = ComplaintForm()
    if form.validate_on_submit():
        with form.refusals():
            paper, once = form.on_paper_by.data or "", form.once.data
            made = service.complain(reader, notice.public_id, form.text.data, on_paper_by=paper, once=once)
            flash(gettext("Your complaint is recorded. It is answered by name, and you are told."))
            return _back_to(slug, public_id, made)
    moderates = reader.facilitates(here.id)
    return (
        render_template(
            "notices/complain.html", community=here, ref=ref, notice=notice, form=form, moderates=moderates
        ),
        form.http_status,
    )


@notices.route("/c/<slug>/notice/<public_id>/complain-by-code", methods=["GET", "POST"])
def complain_by_code(slug: str, public_id: str) -> Page:
    """Complain by the code on the slip, without signing in."""
    here, ref, notice = _posted(slug, public_id)
    form = CodeComplaintForm()
    if form.validate_on_submit():
        with form.refusals():
            made = service.complain_by_code(
                form.code.data, client_address(), notice.public_id, form.text.data, once=form.once.data
            )
            flash(
                gettext("Your complaint is recorded. It is answered by name; read the answer here, below the notice.")
            )
            return _back_to(slug, public_id, made)
    return (
        render_template("notices/by_code.html", community=here, ref=ref, notice=notice, form=form),
        form.http_status,
    )


@notices.route("/c/<slug>/complaint/<public_id>/answer", methods=["GET", "POST"])
def answer(slug: str, public_id: str) -> Page:
    """Answer a complaint."""
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_facilitator(here.id)
    complaint, notice = queries.find_complaint(public_id)
    if complaint.community_id != here.id:
        raise NotFound
    ref = find_activity_by_id(notice.activity_run_id, now())
    form = AnswerForm()
    if form.validate_on_submit():
        with form.refusals():
            service.answer(reader, public_id, form.answer.data)
            flash(gettext("Answered; the one who complained is told."))
            return _back_to(slug, ref.public_id, public_id)
    return (
        render_template("notices/answer.html", community=here, ref=ref, notice=notice, complaint=complaint, form=form),
        form.http_status,
    )
