"""Pages of proposals."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.comments.queries import counts as comment_counts
from app.comments.queries import talk_page
from app.core.clock import now
from app.core.forms import options
from app.core.i18n import gettext
from app.core.media import receive_photo
from app.core.pages import kept_by_kind
from app.core.replica import may_lag
from app.engine.errors import NotFound
from app.people.places import Community
from app.people.queries import community_by_slug, names_for
from app.people.session import actor, signed_in
from app.projects.admission import may
from app.projects.kinds import ActivityRef, only
from app.projects.queries import activity_refs, find_activity, find_project_by_id
from app.proposals import queries, service
from app.proposals.forms import AnswerForm, MergeForm, ProposalForm
from app.proposals.gates import SPEC
from app.proposals.models import Proposal

proposals = Blueprint("proposals", __name__)
Page = str | Response | tuple[str, int]
PIN_PLAN = (275, 176)  # the size in pixels of the plan one taps; small enough for every phone


@proposals.app_context_processor
def _context() -> dict[str, object]:
    return {"PROPOSAL_STATUSES": queries.STATUSES}


def _words(form: ProposalForm) -> service.Words:
    file = form.photo.data
    photo = receive_photo(file.read()) if file and getattr(file, "filename", "") else None
    x, y = form.pin_x.data, form.pin_y.data
    return service.Words(
        form.title.data, form.text.data, form.cost.data, (x, y) if x is not None and y is not None else None, photo
    )


@proposals.get("/c/<slug>/proposals/<public_id>")
@may_lag
@kept_by_kind
def activity(slug: str, public_id: str) -> str:
    """All proposals of a step, with their pins."""
    here, reader = community_by_slug(slug), actor()
    ref = only(SPEC, find_activity(public_id, now(), slug))
    sort = request.args.get("sort", "support")
    page = queries.list_page(
        ref.id,
        here.id,
        reader,
        sort=sort if sort in queries.SORTS else "support",
        status=request.args.get("status", ""),
        page=request.args.get("page", 1, type=int),
    )
    return render_template(
        "proposals/activity.html",
        community=here,
        ref=ref,
        page=page,
        sort=sort,
        status=request.args.get("status", ""),
        proposes=may(reader, ref, "propose") and ref.is_open,
        moderates=reader.facilitates(here.id) and ref.running,
        talk=comment_counts(f"proposal:{row.proposal.public_id}" for row in page.rows),
    )


@proposals.route("/c/<slug>/proposals/<public_id>/new", methods=["GET", "POST"])
def new(slug: str, public_id: str) -> Page:
    """Write a proposal; it is kept as a draft, and sent on the next page."""
    reader, here = signed_in(), community_by_slug(slug)
    ref = only(SPEC, find_activity(public_id, now(), slug))
    form = ProposalForm()
    if form.validate_on_submit():
        with form.refusals():
            draft = service.save_draft(reader, public_id, _words(form), once=form.once.data)
            return redirect(url_for("proposals.check", slug=slug, public_id=draft), 303)
    return render_template("proposals/new.html", community=here, ref=ref, form=form, proposal=None), form.http_status


def _place(slug: str, public_id: str) -> tuple[Community, Proposal, ActivityRef]:
    here = community_by_slug(slug)
    proposal = queries.find(public_id, actor())
    if proposal.community_id != here.id:
        raise NotFound
    project = find_project_by_id(proposal.project_id)
    ref = next(ref for ref in activity_refs([project], now()) if ref.id == proposal.activity_run_id)
    return here, proposal, ref


@proposals.route("/c/<slug>/proposal/<public_id>/check", methods=["GET", "POST"])
def check(slug: str, public_id: str) -> Page:
    """See one's draft beside what is like it; send it."""
    reader = signed_in()
    here, proposal, ref = _place(slug, public_id)
    if proposal.person_id != reader.person_id:
        raise NotFound
    pinned = _tapped()
    if pinned is not None:
        words = service.Words(proposal.title, proposal.text, proposal.cost, pinned)
        service.save_draft(reader, ref.public_id, words, public_id=public_id)
        return redirect(url_for("proposals.check", slug=slug, public_id=public_id), 303)
    if request.method == "POST":
        service.submit(reader, public_id)
        flash(gettext("Your proposal is sent. You are told the answer."))
        return redirect(url_for("proposals.show", slug=slug, public_id=public_id), 303)
    similar = queries.like(ref.id, f"{proposal.title} {proposal.text}", proposal.id)
    return render_template(
        "proposals/check.html", community=here, ref=ref, proposal=proposal, similar=similar, pin_plan=PIN_PLAN
    )


def _tapped() -> tuple[int, int] | None:
    """Where the plan was tapped, in thousandths: the browser sends pixels of the picture as the page shows it."""
    across, down = request.form.get("pin.x", type=int), request.form.get("pin.y", type=int)
    if across is None or down is None:
        return None
    width, height = PIN_PLAN
    return min(max(across * 1000 // width, 0), 1000), min(max(down * 1000 // height, 0), 1000)


@proposals.get("/c/<slug>/proposal/<public_id>")
@kept_by_kind
def show(slug: str, public_id: str) -> str:
    """A proposal, its answer, and the talk about it."""
    reader = actor()
    here, proposal, ref = _place(slug, public_id)
    people = {proposal.person_id} | ({proposal.answered_by_id} if proposal.answered_by_id else set())
    return render_template(
        "proposals/show.html",
        community=here,
        ref=ref,
        proposal=proposal,
        names=names_for(people, reader, here.id),
        supports=queries.support_counts([proposal.id]).get(proposal.id, 0),
        mine=queries.supports(proposal.id, reader.person_id),
        may_support=may(reader, ref, "support") and ref.is_open and proposal.state == "submitted",
        own=proposal.person_id == reader.person_id,
        moderates=reader.facilitates(here.id) and ref.running and proposal.state == "submitted",
        revisions=queries.revisions(proposal.id),
        sources=queries.sources(proposal.id),
        into=queries.by_id(proposal.merged_into_id),
        talk=talk_page(ref, f"proposal:{public_id}", reader, page=request.args.get("page", 1, type=int)),
    )


@proposals.route("/c/<slug>/proposal/<public_id>/edit", methods=["GET", "POST"])
def edit(slug: str, public_id: str) -> Page:
    """Change one's proposal."""
    reader = signed_in()
    here, proposal, ref = _place(slug, public_id)
    if proposal.person_id != reader.person_id:
        raise NotFound
    form = ProposalForm(obj=proposal)
    if form.validate_on_submit():
        with form.refusals():
            if proposal.state == "draft":
                service.save_draft(reader, ref.public_id, _words(form), public_id=public_id)
                return redirect(url_for("proposals.check", slug=slug, public_id=public_id), 303)
            service.edit(reader, public_id, _words(form), once=form.once.data or "")
            flash(gettext("Changed. What it said before stays in its history."))
            return redirect(url_for("proposals.show", slug=slug, public_id=public_id), 303)
    return render_template(
        "proposals/new.html", community=here, ref=ref, form=form, proposal=proposal
    ), form.http_status


@proposals.post("/c/<slug>/proposal/<public_id>/support")
def support(slug: str, public_id: str) -> Response:
    """Support a proposal, or no longer."""
    reader = signed_in()
    _place(slug, public_id)
    service.support(reader, public_id, on=request.form.get("on") == "1")
    return redirect(url_for("proposals.show", slug=slug, public_id=public_id), 303)


@proposals.route("/c/<slug>/proposal/<public_id>/withdraw", methods=["GET", "POST"])
def withdraw(slug: str, public_id: str) -> Page:
    """Withdraw one's proposal."""
    reader = signed_in()
    here, proposal, ref = _place(slug, public_id)
    if proposal.person_id != reader.person_id:
        raise NotFound
    if request.method == "POST":
        service.withdraw(reader, public_id)
        flash(gettext("Your proposal is withdrawn."))
        return redirect(url_for("proposals.activity", slug=slug, public_id=ref.public_id), 303)
    return render_template("proposals/withdraw.html", community=here, ref=ref, proposal=proposal)


@proposals.route("/c/<slug>/proposal/<public_id>/answer", methods=["GET", "POST"])
def answer(slug: str, public_id: str) -> Page:
    """Answer a proposal, with a reason."""
    reader = signed_in()
    here, proposal, ref = _place(slug, public_id)
    reader.require_facilitator(here.id)
    form = AnswerForm(data={"status": proposal.status or None, "reason": proposal.answer})
    if form.validate_on_submit():
        with form.refusals():
            service.answer(reader, public_id, form.status.data, form.reason.data)
            flash(gettext("Answered; the author and the supporters are told."))
            return redirect(url_for("proposals.show", slug=slug, public_id=public_id), 303)
    return (
        render_template("proposals/answer.html", community=here, ref=ref, proposal=proposal, form=form),
        form.http_status,
    )


@proposals.post("/c/<slug>/proposal/<public_id>/choose")
def choose(slug: str, public_id: str) -> Response:
    """Choose a proposal as what the step hands on."""
    reader = signed_in()
    here, _, _ = _place(slug, public_id)
    reader.require_facilitator(here.id)
    service.choose(reader, public_id)
    flash(gettext("It is chosen."))
    return redirect(url_for("proposals.show", slug=slug, public_id=public_id), 303)


@proposals.route("/c/<slug>/proposals/<public_id>/merge", methods=["GET", "POST"])
def merge(slug: str, public_id: str) -> Page:
    """Merge proposals into a new one."""
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_facilitator(here.id)
    ref = only(SPEC, find_activity(public_id, now(), slug))
    form = MergeForm()
    form.sources.choices = options((row.public_id, row.title) for row in queries.submitted([ref.id])[ref.id])
    if form.validate_on_submit():
        with form.refusals():
            merged = service.merge(reader, public_id, form.sources.data or [], form.title.data, form.text.data)
            flash(gettext("Merged. Those who wrote and supported them are told."))
            return redirect(url_for("proposals.show", slug=slug, public_id=merged), 303)
    return render_template("proposals/merge.html", community=here, ref=ref, form=form), form.http_status
