"""Pages of notices."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.clock import now
from app.core.events import events_of
from app.core.i18n import gettext
from app.core.pages import kept_by_kind
from app.engine.errors import NotFound
from app.engine.voting.arithmetic import square_metres
from app.notices import printed, queries, service, sheet, wordings
from app.notices.boards import boards_of
from app.notices.content import last_of
from app.notices.days import recounted
from app.notices.forms import ExtendForm, NoticeForm
from app.notices.models import Notice
from app.people.queries import community_by_slug
from app.people.session import actor, signed_in
from app.printing import answer as answers
from app.projects.kinds import only
from app.projects.queries import find_activity

notices = Blueprint("notices", __name__)
Page = str | Response | tuple[str, int]


@notices.app_context_processor
def _context() -> dict[str, object]:
    return {"in_words": sheet.in_words, "in_metres": square_metres, "last_of": last_of}


@notices.route("/c/<slug>/notice/<public_id>", methods=["GET", "POST"])
@kept_by_kind
def activity(slug: str, public_id: str) -> Page:
    """A notice as it hangs, or its draft for the facilitator; its complaints."""
    here, reader, at = community_by_slug(slug), actor(), now()
    ref = only(queries.NOTICE.spec, find_activity(public_id, at, slug))
    notice = queries.notices_of([ref.id]).get(ref.id)
    writes = reader.facilitates(here.id) and ref.running and (notice is None or notice.posted_at is None)
    chosen = wordings.find(here.id, request.args.get("wording", "")) if writes else None
    form = NoticeForm(data=sheet.beginning(ref, here, chosen, notice) if writes else None)
    if request.method == "POST":
        signed_in().require_facilitator(here.id)
        if form.validate_on_submit():
            with form.refusals():
                service.save_draft(reader, public_id, **sheet.typed(form))
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
            wordings=wordings.offered(here.id) if writes else [],
            chosen=chosen,
            boards=boards_of(ref, notice) if notice and posted else [],
            sheet=sheet.of(notice, here) if notice and posted else None,
            recounted=recounted(notice) if notice and posted else None,
            extended=extended(ref.project_id, notice) if notice and posted else [],
            complaints=queries.complaints_of(notice.id) if notice and posted else [],
            overtaken=queries.overtaken_of(ref.id),
            hangs=queries.hangs(notice, at),
            complains=reader.belongs_to(here.id) and ref.running,
            moderates=reader.facilitates(here.id) and ref.running,
        ),
        form.http_status,
    )


def extended(project_id: int, notice: Notice) -> list[dict[str, object]]:
    """When and why the period of a notice was lengthened by a facilitator, oldest first."""
    events = events_of(project_id, frozenset({"notice.extended"}))
    return [{**row.data, "at": row.at} for row in events if row.data["notice"] == notice.public_id]


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
    return render_template(
        "notices/post.html", community=here, ref=ref, sheet=sheet.as_it_would_hang(notice, ref, here, now())
    )


@notices.route("/c/<slug>/notice/<public_id>/extend", methods=["GET", "POST"])
def extend(slug: str, public_id: str) -> Page:
    """Let a notice hang longer, for a public reason."""
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_facilitator(here.id)
    ref = only(queries.NOTICE.spec, find_activity(public_id, now(), slug))
    notice = queries.notices_of([ref.id]).get(ref.id)
    if notice is None or not queries.hangs(notice, now()):
        raise NotFound
    form = ExtendForm()
    if form.validate_on_submit():
        with form.refusals():
            last = form.last.data
            assert last is not None
            service.extend(reader, public_id, last, form.reason.data)
            flash(gettext("It hangs longer. The new last day and your reason stand on its page."))
            return redirect(url_for("notices.activity", slug=slug, public_id=public_id), 303)
    return (
        render_template("notices/extend.html", community=here, ref=ref, notice=notice, form=form),
        form.http_status,
    )
