"""Pages of a decision: its draft, its announcement, its rounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.ballots import announce as announcement
from app.ballots import course, ends, gates, holds, matters, outcome, queries, questions, record, rolls, service, told
from app.ballots.forms import AdoptForm, AnnounceForm, DraftForm
from app.ballots.models import Decision
from app.ballots.queries import Round
from app.core.clock import DAY, HOUR, now
from app.core.i18n import at_local, gettext, local_date
from app.core.pages import kept_by_kind
from app.engine.errors import NotFound
from app.engine.voting import RULES
from app.engine.voting.arithmetic import square_metres
from app.engine.voting.consent import KINDS
from app.people.queries import community_by_slug
from app.people.session import actor, signed_in
from app.projects.kinds import ActivityRef, only
from app.projects.queries import find_activity

ballots = Blueprint("ballots", __name__)
Page = str | Response | tuple[str, int]
OPENS_HOUR, CLOSES_HOUR = 8, 20
CONCERNS = 50  # as many as one page shows
QUESTIONS = 10  # likewise


@ballots.app_context_processor
def _context() -> dict[str, Any]:
    # For all pages, since records show their part of a vote by these.
    return {
        "objection_state": gates.state_name,
        "retell": record.retell,
        "RULES": RULES,
        "law_says": matters.law_says,
        "matter_says": matters.matter_says,
        "square_metres": square_metres,
        "OBJECTION_KINDS": KINDS,
    }


@ballots.route("/c/<slug>/votes/<public_id>", methods=["GET", "POST"])
@kept_by_kind
def activity(slug: str, public_id: str) -> Page:
    """A decision: its draft (the facilitator writes it), its rounds, and what comes next."""
    here, at = community_by_slug(slug), now()
    ref = only(gates.SPEC, find_activity(public_id, at, slug))
    reader = actor()
    decision = queries.decisions_of([ref.id]).get(ref.id)
    rounds = queries.rounds_of([decision.id], at)[decision.id] if decision else []
    form = DraftForm(data={"title": decision.title, "text": decision.draft} if decision else None)
    if request.method == "POST":
        signed_in().require_facilitator(here.id)
        if form.validate_on_submit():
            with form.refusals():
                service.save_draft(reader, public_id, form.title.data or "", form.text.data or "")
                flash(gettext("The draft is saved. Nobody votes on it before it is announced."))
                return redirect(url_for("ballots.activity", slug=slug, public_id=public_id), 303)
    last = rounds[0] if rounds else None
    held = last is not None and not (decision and service.may_draft(decision, rounds, at))
    frozen = dict(last.poll.matter) if last is not None and held else matters.preview(ref, decision)
    return (
        render_template(
            "ballots/activity.html",
            community=here,
            ref=ref,
            decision=decision,
            rounds=rounds,
            form=form,
            writes=reader.facilitates(here.id) and ref.running and service.may_draft(decision, rounds, at),
            announces=decision is not None and service.may_announce(decision, rounds, at),
            formally=decision is not None
            and reader.facilitates(here.id)
            and ref.running
            and service.may_announce(decision, rounds, at, formal=True),
            standing=gates.standing,
            leads=reader.facilitates(here.id),
            **_adoption(ref, decision, rounds, at),
            ways=ends.ways_out(reader, decision, rounds, at) if reader.facilitates(here.id) and ref.running else [],
            ended=ends.ended_of(decision),
            frozen=frozen,
            rule=last.rule if last is not None and held else RULES[matters.rule_key(ref, frozen)],
            days=max(1, ref.activity.whole("announce_hours") // 24),
        ),
        form.http_status,
    )


@ballots.route("/c/<slug>/votes/<public_id>/announce", methods=["GET", "POST"])
def announce(slug: str, public_id: str) -> Page:
    """See all that freezes, and announce."""
    reader, here, at = signed_in(), community_by_slug(slug), now()
    reader.require_facilitator(here.id)
    ref = only(gates.SPEC, find_activity(public_id, at, slug))
    decision = queries.decisions_of([ref.id]).get(ref.id)
    formal = request.args.get("formal") == "1"
    if decision is None or (formal and ref.activity.word("formal") == "none"):
        raise NotFound
    rounds = queries.rounds_of([decision.id], at)[decision.id]
    hours, days = ref.activity.whole("announce_hours"), ref.activity.whole("open_days")
    form = AnnounceForm()
    if request.method == "GET":
        if not service.may_announce(decision, rounds, at, formal=formal):
            return redirect(url_for("ballots.activity", slug=slug, public_id=public_id))
        first = local_date(at + hours * HOUR + DAY)
        form.opens.data = first
        form.closes.data = local_date(at_local(first) + days * DAY)
    if form.validate_on_submit():
        assert form.opens.data is not None
        assert form.closes.data is not None
        with form.refusals():
            poll = service.announce(
                reader,
                public_id,
                at_local(form.opens.data, OPENS_HOUR),
                at_local(form.closes.data, CLOSES_HOUR),
                form.inspect,
                noted=form.unanswered.data or "",
                formal=formal,
            )
            flash(gettext("Announced. Text, rule, times and roll are frozen now."))
            return redirect(url_for("ballots.poll", slug=slug, public_id=poll), 303)
    units = service.electorate(ref)
    frozen = matters.after_deadlock(ref) if formal else matters.preview(ref, decision)
    rule = RULES[ref.activity.word("formal") if formal else matters.rule_key(ref, frozen)]
    wording = announcement.wording_of(decision, rounds, formal=formal)
    return (
        render_template(
            "ballots/announce.html",
            community=here,
            ref=ref,
            decision=decision,
            form=form,
            asked=gates.asked_preview(ref.activity.word("electorate"), service.asked_of(ref, units), len(units)),
            frozen=frozen,
            unready=rolls.unready_of(ref),
            share=rule.fixed.quorum if rule.fixed else ref.activity.settings["quorum"],
            rule=rule,
            attempt=rounds[0].poll.attempt + 1 if rounds else 1,
            wording=wording,
            formal=formal,
            hours=hours,
            asked_before=questions.open_questions(ref, at),
            shown=QUESTIONS,
        ),
        form.http_status,
    )


def _adoption(ref: ActivityRef, decision: Decision | None, rounds: Sequence[Round], at: int) -> dict[str, Any]:
    """What followed from a decision, or what its adoption waits for."""
    if decision is None or not rounds:
        return {"outcome": None, "provisional": False, "waits": []}
    provisional = course.phase_of(decision, rounds, at) == "provisional"
    adopted = decision.state == "adopted"
    return {
        "outcome": outcome.outcome_of(decision.id) if adopted else None,
        "provisional": provisional,
        "waits": holds.holds_of([ref], at)[ref.id] if provisional else [],
    }


@ballots.route("/c/<slug>/votes/<public_id>/adopt", methods=["GET", "POST"])
def adopt(slug: str, public_id: str) -> Page:
    """Adopt what passed: who sees to it, what is to be done, and when it is looked at again."""
    reader, here, at = signed_in(), community_by_slug(slug), now()
    reader.require_facilitator(here.id)
    ref = only(gates.SPEC, find_activity(public_id, at, slug))
    decision = queries.decisions_of([ref.id]).get(ref.id)
    if decision is None:
        raise NotFound
    rounds = queries.rounds_of([decision.id], at)[decision.id]
    stands = _adoption(ref, decision, rounds, at)
    form = AdoptForm()
    back = url_for("ballots.activity", slug=slug, public_id=public_id)
    if request.method == "GET" and (not stands["provisional"] or stands["waits"] or not ref.running):
        return redirect(back)
    if form.validate_on_submit():
        assert form.review.data is not None
        with form.refusals():
            service.adopt(
                reader, public_id, form.owner.data or "", form.tasks.data or "", at_local(form.review.data, OPENS_HOUR)
            )
            flash(gettext("Adopted. Everybody on the roll is told."))
            return redirect(back, 303)
    last = rounds[0] if rounds else None
    concerns = told.concerns_of(last.poll, at, most=CONCERNS) if last is not None else []
    page = render_template(
        "ballots/adopt.html", community=here, ref=ref, decision=decision, last=last, form=form, concerns=concerns
    )
    return page, form.http_status
