"""Pages of votes: the decision, its announcement, the ballot, the receipt, the result."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from app.ballots import gates, queries, service
from app.ballots.forms import AnnounceForm, BallotForm, DraftForm
from app.core.clock import DAY, now
from app.core.i18n import at_local, gettext, local_date, say
from app.engine.canonical import receipt_code
from app.engine.errors import NotFound
from app.engine.voting import RULES
from app.engine.voting.consent import KINDS
from app.people.queries import community_by_slug
from app.people.session import actor, signed_in
from app.projects.queries import find_activity

ballots = Blueprint("ballots", __name__)
Page = str | Response | tuple[str, int]
OPENS_HOUR, CLOSES_HOUR = 8, 20


@ballots.app_context_processor
def _context() -> dict[str, object]:
    return {
        "activity_of": activity_of,
        "objection_state": gates.state_name,
        "retell": gates.retell,
        "RULES": RULES,
        "OBJECTION_KINDS": KINDS,
    }


def activity_of(item: queries.Round) -> str:
    """The public id of the activity that a round belongs to."""
    return queries.activity_public_id(item.poll.decision_id)


@ballots.route("/c/<slug>/votes/<public_id>", methods=["GET", "POST"])
def activity(slug: str, public_id: str) -> Page:
    """A decision: its draft (the facilitator writes it), its rounds, and what comes next."""
    here, at = community_by_slug(slug), now()
    ref = find_activity(public_id, at, slug)
    reader = actor()
    decision = queries.decisions_of([ref.id]).get(ref.id)
    rounds = queries.rounds_of([decision.id], at)[decision.id] if decision else []
    form = DraftForm(data={"title": decision.title, "text": decision.draft} if decision else None)
    if request.method == "POST":
        signed_in().require_facilitator(here.id)
        if form.validate_on_submit():
            with form.refusals():
                service.save_draft(reader, public_id, form.title.data, form.text.data)
                flash(gettext("The draft is saved. Nobody votes on it before it is announced."))
                return redirect(url_for("ballots.activity", slug=slug, public_id=public_id), 303)
    next_round = not rounds or (rounds[0].phase in ("closed", "void") and not rounds[0].passed)
    return (
        render_template(
            "ballots/activity.html",
            community=here,
            ref=ref,
            decision=decision,
            rounds=rounds,
            form=form,
            writes=reader.facilitates(here.id) and ref.running and next_round,
            standing=gates.standing,
            rule=RULES[ref.activity.word("rule")],
        ),
        form.http_status,
    )


@ballots.route("/c/<slug>/votes/<public_id>/announce", methods=["GET", "POST"])
def announce(slug: str, public_id: str) -> Page:
    """See all that freezes, and announce."""
    reader, here, at = signed_in(), community_by_slug(slug), now()
    reader.require_facilitator(here.id)
    ref = find_activity(public_id, at, slug)
    decision = queries.decisions_of([ref.id]).get(ref.id)
    if decision is None:
        raise NotFound
    hours, days = ref.activity.whole("announce_hours"), ref.activity.whole("open_days")
    form = AnnounceForm()
    if request.method == "GET":
        first = local_date(at + hours * 3_600_000 + DAY)
        form.opens.data = first
        form.closes.data = local_date(at_local(first) + days * DAY)
    if form.validate_on_submit():
        with form.refusals():
            poll = service.announce(
                reader,
                public_id,
                at_local(form.opens.data, OPENS_HOUR),
                at_local(form.closes.data, CLOSES_HOUR),
            )
            flash(gettext("Announced. Text, rule, times and roll are frozen now."))
            return redirect(url_for("ballots.poll", slug=slug, public_id=poll), 303)
    return (
        render_template(
            "ballots/announce.html",
            community=here,
            ref=ref,
            decision=decision,
            form=form,
            size=len(service.electorate(ref)),
            rule=RULES[ref.activity.word("rule")],
            hours=hours,
        ),
        form.http_status,
    )


@ballots.route("/c/<slug>/poll/<public_id>", methods=["GET", "POST"])
def poll(slug: str, public_id: str) -> Page:
    """The text, who is asked, and the ballot."""
    at, reader = now(), actor()
    page = queries.find_poll(public_id, slug, at)
    place = queries.standing_of(reader, page.round.poll)
    form = BallotForm()
    form.stance.choices = [(stance.key, say(stance.title)) for stance in page.round.rule.stances]
    form.kind.choices = [(key, say(name)) for key, name in KINDS.items()]
    other = bool(place and place.ballot and place.entry.last_person_id not in (None, reader.person_id))
    if request.method == "POST":
        signed_in()
        if form.validate_on_submit():
            with form.refusals():
                raw = {
                    name: form[name].data or ""
                    for name in ("stance", "concern", "passage", "kind", "reason", "grounds")
                }
                receipt = service.cast(reader, public_id, raw, once=form.once.data or "", agreed=form.agreed.data)
                session["receipt"] = {"poll": public_id, "at": receipt.at}
                return redirect(url_for("ballots.done", slug=slug, public_id=public_id), 303)
    elif place and place.choice:
        form.stance.data = place.choice["stance"]
        form.concern.data = place.choice.get("text")
        for name in ("passage", "kind", "reason", "grounds"):
            form[name].data = place.choice.get(name)
    return (
        render_template(
            "ballots/poll.html",
            community=page.community,
            page=page,
            round=page.round,
            place=place,
            form=form,
            other=other,
            standing=gates.standing,
        ),
        form.http_status,
    )


@ballots.get("/c/<slug>/poll/<public_id>/done")
def done(slug: str, public_id: str) -> Page:
    """The receipt of one's own ballot."""
    reader = signed_in()
    page = queries.find_poll(public_id, slug, now())
    place = queries.standing_of(reader, page.round.poll)
    if place is None or place.ballot is None:
        return redirect(url_for("ballots.poll", slug=slug, public_id=public_id))
    stored = session.get("receipt") or {}
    return render_template(
        "ballots/done.html",
        community=page.community,
        page=page,
        round=page.round,
        place=place,
        code=receipt_code(bytes.fromhex(place.ballot.commitment)),
        at=stored.get("at") if stored.get("poll") == public_id else None,
        stance=page.round.rule.stance(place.choice["stance"]),
    )


@ballots.get("/c/<slug>/poll/<public_id>/result")
def result(slug: str, public_id: str) -> str:
    """The result with its arithmetic, once the poll is closed; before that, what may be known."""
    at = now()
    page = queries.find_poll(public_id, slug, at)
    place = queries.standing_of(actor(), page.round.poll)
    return render_template(
        "ballots/result.html",
        community=page.community,
        page=page,
        round=page.round,
        place=place,
        objections=queries.objections_of(page.round.poll, at),
        concerns=queries.concerns_of(page.round.poll, at),
        standing=gates.standing,
    )


@ballots.route("/c/<slug>/poll/<public_id>/withdraw", methods=["GET", "POST"])
def withdraw(slug: str, public_id: str) -> Page:
    """Withdraw one's own objection."""
    reader = signed_in()
    page = queries.find_poll(public_id, slug, now())
    place = queries.standing_of(reader, page.round.poll)
    if place is None or place.choice.get("stance") not in page.round.rule.objects:
        raise NotFound
    if request.method == "POST":
        service.withdraw_objection(reader, public_id)
        flash(gettext("Your objection is withdrawn."))
        return redirect(url_for("ballots.poll", slug=slug, public_id=public_id), 303)
    return render_template("ballots/withdraw.html", community=page.community, page=page, round=page.round, place=place)


@ballots.get("/c/<slug>/poll/<public_id>/turnout")
def turnout(slug: str, public_id: str) -> Response:
    """The turnout as a fragment that refreshes itself; the same for everybody."""
    page = queries.find_poll(public_id, slug, now())
    response = make_response(render_template("ballots/_turnout.html", round=page.round, standing=gates.standing))
    response.add_etag()
    return response.make_conditional(request)
