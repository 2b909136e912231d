"""Pages of talk."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from app.comments import queries, service
from app.comments.activity import DISCUSSION, subject_of
from app.comments.forms import CommentForm, JudgeForm, ReasonForm
from app.comments.models import Comment, Talk
from app.core.clock import MINUTE, now
from app.core.forms import options
from app.core.i18n import gettext, say
from app.core.pages import kept_by_kind
from app.core.replica import may_lag
from app.core.web import local_path
from app.engine.errors import NotFound
from app.people.places import Community
from app.people.queries import community_by_slug
from app.people.session import actor, signed_in
from app.projects.kinds import only
from app.projects.queries import find_activity

comments = Blueprint("comments", __name__)
Page = str | Response | tuple[str, int]


@comments.app_context_processor
def _context() -> dict[str, object]:
    return {"COMMENT_KINDS": queries.KINDS, "comment_form": comment_form, "may_edit_comment": may_edit}


def comment_form() -> CommentForm:
    """An empty form for a comment."""
    form = CommentForm(formdata=None)
    form.kind.choices = options((key, say(name)) for key, name in queries.KINDS.items())
    return form


def may_edit(comment: Comment, reader_id: int | None) -> bool:
    """Whether its author may still edit a comment."""
    return comment.person_id == reader_id and now() <= comment.at + service.EDIT_MINUTES * MINUTE


@comments.get("/c/<slug>/talk/<public_id>")
@may_lag
@kept_by_kind
def activity(slug: str, public_id: str) -> str:
    """The talk of a step."""
    here = community_by_slug(slug)
    ref = only(DISCUSSION.spec, find_activity(public_id, now(), slug))
    page = request.args.get("page", 1, type=int)
    talk = queries.talk_page(ref, subject_of(ref), actor(), action="comment", page=page)
    return render_template("comments/activity.html", community=here, ref=ref, talk=talk)


def _place(slug: str, public_id: str) -> tuple[Community, Comment, Talk]:
    here = community_by_slug(slug)
    comment, talk = queries.find_comment(public_id)
    if talk.community_id != here.id:
        raise NotFound
    return here, comment, talk


@comments.route("/c/<slug>/talk/<public_id>/write", methods=["GET", "POST"])
def write(slug: str, public_id: str) -> Page:
    """Write a comment, or with ``reply`` an answer to one."""
    here, reader = community_by_slug(slug), signed_in()
    talk = queries.find_talk(public_id)
    if talk.community_id != here.id:
        raise NotFound
    parent = (request.args.get("reply") or "")[:16]
    above = queries.find_comment(parent)[0] if parent else None
    form = CommentForm()
    form.kind.choices = options((key, say(name)) for key, name in queries.KINDS.items())
    if form.validate_on_submit():
        with form.refusals():
            posted = service.post(
                reader, public_id, form.kind.data, form.text.data, parent=parent or None, once=form.once.data
            )
            return redirect(f"{local_path(talk.href)}#c-{posted}", 303)
    return (
        render_template("comments/write.html", community=here, talk=talk, form=form, above=above),
        form.http_status,
    )


@comments.get("/c/<slug>/comment/<public_id>")
def show(slug: str, public_id: str) -> Page:
    """The lasting address of a comment: leads to it on the page of its talk where it stands now."""
    _, comment, talk = _place(slug, public_id)
    page = queries.page_of(comment)
    return redirect(f"{local_path(talk.href)}{f'?page={page}' if page > 1 else ''}#c-{public_id}")


@comments.route("/c/<slug>/comment/<public_id>/edit", methods=["GET", "POST"])
def edit(slug: str, public_id: str) -> Page:
    """Edit one's comment."""
    signed_in()
    here, comment, talk = _place(slug, public_id)
    if comment.person_id != actor().person_id:
        raise NotFound
    form = CommentForm(obj=comment)
    form.kind.choices = options([(comment.kind, say(queries.KINDS[comment.kind]))])
    form.kind.data = comment.kind
    if form.validate_on_submit():
        with form.refusals():
            service.edit(actor(), public_id, form.text.data, once=form.once.data or "")
            return redirect(f"{local_path(talk.href)}#c-{public_id}", 303)
    return render_template("comments/edit.html", community=here, talk=talk, form=form), form.http_status


@comments.post("/c/<slug>/comment/<public_id>/answer")
def mark_answer(slug: str, public_id: str) -> Response:
    """Mark a reply as the answer, or unmark it."""
    _, _, talk = _place(slug, public_id)
    service.mark_answer(signed_in(), public_id)
    return redirect(f"{local_path(talk.href)}#c-{public_id}", 303)


@comments.route("/c/<slug>/comment/<public_id>/<any(report, hide, appeal):act>", methods=["GET", "POST"])
def act(slug: str, public_id: str, act: str) -> Page:
    """Report a comment, hide it, or appeal: each with a reason."""
    reader = signed_in()
    here, comment, talk = _place(slug, public_id)
    if act == "hide":
        reader.require_facilitator(here.id)
    if act == "appeal" and comment.person_id != reader.person_id:
        raise NotFound
    form = ReasonForm()
    if form.validate_on_submit():
        with form.refusals():
            {"report": service.report, "hide": service.hide, "appeal": service.appeal}[act](
                reader, public_id, form.reason.data
            )
            flash(gettext("Recorded."))
            return redirect(f"{local_path(talk.href)}#c-{public_id}", 303)
    return (
        render_template(
            "comments/act.html",
            community=here,
            talk=talk,
            comment=comment,
            # What was hidden is read by its author and by those who judge it, whatever page asks for it.
            shown=comment.hidden_by_id is None or comment.person_id == reader.person_id or reader.facilitates(here.id),
            form=form,
            act=act,
        ),
        form.http_status,
    )


@comments.route("/c/<slug>/comment/<public_id>/judge", methods=["GET", "POST"])
def judge(slug: str, public_id: str) -> Page:
    """Judge an appeal."""
    reader = signed_in()
    here, comment, talk = _place(slug, public_id)
    reader.require_facilitator(here.id)
    form = JudgeForm()
    if form.validate_on_submit():
        with form.refusals():
            service.judge_appeal(reader, public_id, show=form.show.data == "1", answer=form.reason.data)
            flash(gettext("Recorded."))
            return redirect(f"{local_path(talk.href)}#c-{public_id}", 303)
    return (
        render_template("comments/judge.html", community=here, talk=talk, comment=comment, form=form),
        form.http_status,
    )


@comments.get("/c/<slug>/moderation")
def moderation(slug: str) -> str:
    """What was reported or appealed."""
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_facilitator(here.id)
    return render_template("comments/moderation.html", community=here, rows=queries.reported(here.id))
