"""Pages at the end of a decision: the ways out of a deadlock, the proposer's withdrawal, the review."""

from __future__ import annotations

from typing import get_args

from flask import flash, redirect, render_template, url_for

from app.ballots import ends, gates, outcome, queries, service, told
from app.ballots.forms import LeaveForm, ReviewForm
from app.ballots.views import CONCERNS, Page, ballots
from app.core.clock import now
from app.core.i18n import gettext
from app.engine.errors import NotFound
from app.people.queries import community_by_slug
from app.people.session import signed_in
from app.projects.kinds import only
from app.projects.queries import find_activity


@ballots.route("/c/<slug>/votes/<public_id>/leave/<move>", methods=["GET", "POST"])
def leave(slug: str, public_id: str, move: str) -> Page:
    """Narrow a decision that is stuck, give it up, or withdraw it."""
    reader, here, at = signed_in(), community_by_slug(slug), now()
    reader.require_facilitator(here.id)
    ref = only(gates.SPEC, find_activity(public_id, at, slug))
    decision = queries.decisions_of([ref.id]).get(ref.id)
    if decision is None or move not in get_args(ends.Move):
        raise NotFound
    rounds = queries.rounds_of([decision.id], at)[decision.id]
    back = url_for("ballots.activity", slug=slug, public_id=public_id)
    form = LeaveForm()
    if form.validate_on_submit():
        with form.refusals():
            service.leave(reader, public_id, move, form.reason.data or "")  # type: ignore[arg-type]
            flash(gettext("Written down. Everybody on the roll is told."))
            return redirect(back, 303)
    elif not form.is_submitted() and move not in ends.ways_out(reader, decision, rounds, at):
        return redirect(back)
    page = render_template("ballots/leave.html", community=here, ref=ref, decision=decision, move=move, form=form)
    return page, form.http_status


@ballots.route("/c/<slug>/votes/<public_id>/review", methods=["GET", "POST"])
def review(slug: str, public_id: str) -> Page:
    """Write down what was found when a decision is looked at again."""
    reader, here, at = signed_in(), community_by_slug(slug), now()
    reader.require_facilitator(here.id)
    ref = only(gates.SPEC, find_activity(public_id, at, slug))
    decision = queries.decisions_of([ref.id]).get(ref.id)
    if decision is None:
        raise NotFound
    row = outcome.outcome_of(decision.id)
    back = url_for("ballots.activity", slug=slug, public_id=public_id)
    form = ReviewForm()
    if form.validate_on_submit():
        with form.refusals():
            service.review(reader, public_id, form.found.data or "")
            flash(gettext("Written down."))
            return redirect(back, 303)
    elif not form.is_submitted() and ends.why_not_reviewed(row, at) is not None:
        return redirect(back)
    last = queries.rounds_of([decision.id], at)[decision.id][:1]
    concerns = told.concerns_of(last[0].poll, at, most=CONCERNS) if last else []
    page = render_template(
        "ballots/review_outcome.html", community=here, ref=ref, outcome=row, concerns=concerns, form=form
    )
    return page, form.http_status
