"""Pages of notices."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.clock import now
from app.core.forms import Form, Line, OnceForm, Prose
from app.core.i18n import gettext
from app.core.i18n import lazy_gettext as _l
from app.engine.errors import NotFound
from app.notices import printed, queries, service
from app.people.queries import community_by_slug
from app.people.session import actor, signed_in
from app.printing import answer as answers
from app.projects.kinds import only
from app.projects.queries import find_activity, find_activity_by_id

notices = Blueprint("notices", __name__)
Page = str | Response | tuple[str, int]


class NoticeForm(Form):
    """A notice's words."""

    title = Line(_l("Title"), most=120)
    basis = Line(_l("On what it rests"), required=False, most=300, description=_l("A decision, a meeting, a rule."))
    text = Prose(_l("What is made public"), most=6000)


class ComplaintForm(OnceForm):
    """A complaint."""

    text = Prose(_l("What is wrong, and what should be done?"), most=2000)
    on_paper_by = Line(_l("On paper, from"), required=False, most=60)


class AnswerForm(Form):
    """An answer to a complaint."""

    answer = Prose(_l("Answer"), most=2000)


@notices.route("/c/<slug>/notice/<public_id>", methods=["GET", "POST"])
def activity(slug: str, public_id: str) -> Page:
    """A notice as it hangs, or its draft for the facilitator; its complaints."""
    here, reader, at = community_by_slug(slug), actor(), now()
    ref = only(queries.NOTICE.spec, find_activity(public_id, at, slug))
    notice = queries.notices_of([ref.id]).get(ref.id)
    writes = reader.facilitates(here.id) and ref.running and (notice is None or notice.posted_at is None)
    form = NoticeForm(obj=notice)
    if request.method == "POST":
        signed_in().require_facilitator(here.id)
        if form.validate_on_submit():
            with form.refusals():
                service.save_draft(reader, public_id, form.title.data, form.basis.data or "", form.text.data)
                flash(gettext("The draft is saved. Nothing hangs before you post it."))
                return redirect(url_for("notices.activity", slug=slug, public_id=public_id), 303)
    posted = notice is not None and notice.posted_at is not None
    return (
        render_template(
            "notices/activity.html",
            community=here,
            ref=ref,
            notice=notice,
            posted=posted,
            writes=writes,
            form=form,
            complaints=queries.complaints_of(notice.id) if notice and posted else [],
            overtaken=queries.overtaken_of(ref.id),
            hangs=queries.hangs(notice, at),
            complains=reader.belongs_to(here.id) and ref.running,
            moderates=reader.facilitates(here.id) and ref.running,
        ),
        form.http_status,
    )


@notices.get("/c/<slug>/notice/<public_id>.pdf")
def as_pdf(slug: str, public_id: str) -> Page:
    """A posted notice to print and hang up."""
    here = community_by_slug(slug)
    ref = only(queries.NOTICE.spec, find_activity(public_id, now(), slug))
    notice = queries.notices_of([ref.id]).get(ref.id)
    if notice is None or notice.posted_at is None:
        raise NotFound
    return answers.sheet(printed.paper(here, ref, notice, notice.posted_at), f"notice-{public_id}")


@notices.route("/c/<slug>/notice/<public_id>/post", methods=["GET", "POST"])
def post(slug: str, public_id: str) -> Page:
    """See what will hang, and post it."""
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_facilitator(here.id)
    ref = only(queries.NOTICE.spec, find_activity(public_id, now(), slug))
    notice = queries.notices_of([ref.id]).get(ref.id)
    if notice is None or notice.posted_at is not None:
        raise NotFound
    if request.method == "POST":
        service.post(reader, public_id)
        flash(gettext("Posted. Print it, and hang it on the board as well."))
        return redirect(url_for("notices.activity", slug=slug, public_id=public_id), 303)
    return render_template("notices/post.html", community=here, ref=ref, notice=notice)


@notices.route("/c/<slug>/notice/<public_id>/complain", methods=["GET", "POST"])
def complain(slug: str, public_id: str) -> Page:
    """Complain against a notice."""
    reader, here = signed_in(), community_by_slug(slug)
    ref = only(queries.NOTICE.spec, find_activity(public_id, now(), slug))
    notice = queries.notices_of([ref.id]).get(ref.id)
    if notice is None or notice.posted_at is None:
        raise NotFound
    form = ComplaintForm()
    if form.validate_on_submit():
        with form.refusals():
            service.complain(
                reader, notice.public_id, form.text.data, on_paper_by=form.on_paper_by.data or "", once=form.once.data
            )
            flash(gettext("Your complaint is recorded. It is answered by name, and you are told."))
            return redirect(url_for("notices.activity", slug=slug, public_id=public_id), 303)
    return (
        render_template(
            "notices/complain.html",
            community=here,
            ref=ref,
            notice=notice,
            form=form,
            moderates=reader.facilitates(here.id),
        ),
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
            return redirect(url_for("notices.activity", slug=slug, public_id=ref.public_id), 303)
    return (
        render_template("notices/answer.html", community=here, ref=ref, notice=notice, complaint=complaint, form=form),
        form.http_status,
    )
