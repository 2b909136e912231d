"""Pages of one round: the text and the ballot, the receipt, the result, the turnout, an objection's withdrawal."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Response as FlaskResponse
from flask import flash, jsonify, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from app.ballots import gates, mandates, outcome, queries, questions, receipts, service, standings, told
from app.ballots.forms import BallotForm
from app.ballots.inspectors import inspectors_of
from app.ballots.models import Ballot, RollEntry
from app.ballots.modes import MODES
from app.ballots.views import Page, ballots
from app.core.clock import now
from app.core.forms import options
from app.core.i18n import gettext, say
from app.core.live import settled
from app.core.pages import kept_by_kind, shown
from app.core.transaction import in_turn
from app.engine.canonical import receipt_code
from app.engine.changes import changes
from app.engine.errors import NotFound
from app.engine.voting import RULES
from app.engine.voting.consent import KINDS
from app.people.actor import Actor
from app.people.session import actor, signed_in
from app.projects.queries import find_activity, find_project_by_id, method_of

FIELDS = ("stance", "concern", "passage", "kind", "reason", "grounds")

CONCERNS_SHOWN = 50


def poll_frame(page: queries.PollPage, at: int) -> dict[str, Any]:
    """What every page of a round shows: where it belongs, in which step, who is asked."""
    ref = find_activity(queries.activity_public_id(page.decision.id), at)
    step = method_of(find_project_by_id(ref.project_id)).step(ref.step)
    return {
        "community": page.community,
        "page": page,
        "round": page.round,
        "ref": ref,
        "step": step,
        "asked": gates.asked(page.round.poll),
        "standing": gates.standing,
        "slot_number": told.slot_number,
        "reader": actor(),
        "mode": MODES[page.round.poll.mode],
        "inspectors": inspectors_of(page.round.poll.id),
    }


def _offer(form: BallotForm, rule: str) -> None:
    form.stance.choices = options((stance.key, say(stance.title)) for stance in RULES[rule].stances)
    form.kind.choices = options((key, say(name)) for key, name in KINDS.items())


def _accept(form: BallotForm, rule: str) -> None:
    """The same without words, which nobody reads of a ballot that is taken."""
    form.stance.choices = options((stance.key, stance.key) for stance in RULES[rule].stances)
    form.kind.choices = options((key, key) for key in KINDS)


def _take(form: BallotForm, slug: str, public_id: str) -> Page | None:
    """Cast what the form says; None where it is refused. Reads no more than that needs: a whole town may come at once."""
    rule, mode = queries.ballot_paper(public_id, slug)
    _accept(form, rule)
    if not form.validate_on_submit():
        return None
    with form.refusals():
        reader, unit = actor(), _unit()
        raw = {name: form[name].data or "" for name in FIELDS}
        if mode == "C" and not form.reviewed.data:
            service.try_choice(reader, public_id, raw)
            at = now()
            _offer(form, rule)
            return render_template(
                "ballots/review.html", form=form, raw=raw, **poll_frame(queries.find_poll(public_id, slug, at), at)
            )
        agreed = bool(form.agreed.data)
        receipt = service.cast(reader, public_id, raw, once=form.once.data or "", agreed=agreed, unit=unit)
        if receipt.at is not None:  # a form sent twice keeps the hour of the first time
            session["receipt"] = {"ballot": receipt.ballot, "at": receipt.at, "code": receipt.code}
        return redirect(url_for("ballots.done", slug=slug, public_id=public_id, unit=unit), 303)
    return None


def _place(reader: Actor, item: queries.Round, unit: int | None) -> standings.Standing | None:
    """The reader's place on the roll; where it is a plain one, as rows of no database: all who stand so share a page."""
    poll = item.poll
    asks = request.method == "GET" and item.phase in ("announced", "open") and poll.electorate != "owner"
    plain = standings.plain_place(reader, poll) if asks and reader.known else None
    if plain is None:
        return standings.standing_of(reader, poll, unit)
    choice, voted, by_another = plain
    entry = RollEntry(label="", voted=voted, last_person_id=0 if by_another else None)
    if poll.electorate == "household":
        entry.label, entry.household_id = shown(standings.label_of(reader, poll)) or "", 0
    return standings.Standing(entry, None, Ballot() if choice else None, json.loads(choice) if choice else {})


@ballots.route("/c/<slug>/poll/<public_id>", methods=["GET", "POST"])
@kept_by_kind
def poll(slug: str, public_id: str) -> Page:
    """The text, who is asked, and the ballot."""
    form = BallotForm()
    if request.method == "POST":
        with in_turn():
            signed_in()
            answer = _take(form, slug, public_id)
        if answer is not None:
            return answer
    at, reader = now(), actor()
    page = queries.find_poll(public_id, slug, at)
    unit = _unit()
    place = _place(reader, page.round, unit)
    _offer(form, page.round.poll.rule)
    if request.method == "GET" and place is not None and place.choice:
        form.stance.data = place.choice["stance"]
        form.concern.data = place.choice.get("text")
        for name in ("passage", "kind", "reason", "grounds"):
            form[name].data = place.choice.get(name)
    frame = poll_frame(page, at)
    other = place is not None and place.ballot is not None and service.needs_agreement(place.entry, reader)
    before = page.before
    return (
        render_template(
            "ballots/poll.html",
            place=place,
            form=form,
            other=other,
            leads=reader.facilitates(page.community.id),
            others=mandates.other_places(reader, page.round.poll, place),
            before=before,
            changes=changes(before.version.text, page.round.version.text) if before else (),
            again=_again(reader, page, place),
            noted=questions.noted_of(page.decision.project_id).get(public_id),
            **frame,
        ),
        form.http_status,
    )


def _unit() -> int | None:
    """The owner's entry that a page is about, where a person may cast for several."""
    typed = request.form.get("unit") or request.args.get("unit") or ""
    return int(typed) if re.fullmatch("[0-9]{1,18}", typed, re.ASCII) else None


def _again(reader: Actor, page: queries.PollPage, place: standings.Standing | None) -> dict[str, str]:
    """What one said in the round before, where it can be said again as it stands; an objection needs new reasons."""
    if page.before is None or place is None or place.ballot is not None:
        return {}
    earlier = standings.standing_of(reader, page.before.poll)
    said = dict(earlier.choice) if earlier is not None else {}
    if not said or said["stance"] in page.round.rule.objects:
        return {}
    return {"stance": said["stance"], "concern": said.get("text", "")}


@ballots.get("/c/<slug>/poll/<public_id>/done")
def done(slug: str, public_id: str) -> Page:
    """The receipt of one's own ballot."""
    reader, at = signed_in(), now()
    page = queries.find_poll(public_id, slug, at)
    place = standings.standing_of(reader, page.round.poll, _unit())
    # The hour is in the voter's own cookie only: a ballot's row has none. Of an unlinked vote, the code is there alone too.
    stored = session.get("receipt") or {}
    if place is None or not place.cast:
        return redirect(url_for("ballots.poll", slug=slug, public_id=public_id))
    if place.ballot is None:
        code = stored.get("code", "")
        if not code or receipts.find_receipt(page.round.poll, code) == "unknown":
            code = ""
        return render_template("ballots/done_unlinked.html", code=code, **poll_frame(page, at))
    return render_template(
        "ballots/done.html",
        place=place,
        code=receipt_code(bytes.fromhex(place.ballot.commitment)),
        at=stored.get("at") if stored.get("ballot") == place.ballot.public_id else None,
        stance=page.round.rule.stance(place.choice["stance"]),
        **poll_frame(page, at),
    )


@ballots.get("/c/<slug>/poll/<public_id>/result")
@kept_by_kind
def result(slug: str, public_id: str) -> str:
    """The result with its arithmetic, once the poll is closed; before that, what may be known."""
    at = now()
    page = queries.find_poll(public_id, slug, at)
    whole = request.args.get("concerns") == "all"
    poll = page.round.poll
    # One's own place is of use here to whom it names, or who objected; others' pages are alike.
    alone = poll.mode == "B" or poll.electorate == "owner" or standings.has_objected(actor(), poll)
    with settled(poll.settled_at is not None):
        place = standings.standing_of(actor(), poll) if alone else None
    return render_template(
        "ballots/result.html",
        place=place,
        objections=told.objections_of(page.round.poll, at),
        concerns=told.concerns_of(page.round.poll, at, most=None if whole else CONCERNS_SHOWN),
        sealed=told.sealed_of(page.round.poll),
        outcome=outcome.outcome_of(page.decision.id) if page.round.passed else None,
        tests=gates.TESTS,
        arithmetic=gates.arithmetic,
        **poll_frame(page, at),
    )


@ballots.route("/c/<slug>/poll/<public_id>/withdraw", methods=["GET", "POST"])
def withdraw(slug: str, public_id: str) -> Page:
    """Withdraw one's own objection."""
    reader, at = signed_in(), now()
    page = queries.find_poll(public_id, slug, at)
    if request.method == "POST":
        service.withdraw_objection(reader, public_id)
        flash(gettext("Your objection is withdrawn."))
        return redirect(url_for("ballots.result", slug=slug, public_id=public_id), 303)
    place = standings.standing_of(reader, page.round.poll)
    if place is None or not place.may_withdraw(page.round):
        raise NotFound
    return render_template("ballots/withdraw.html", place=place, **poll_frame(page, at))


@ballots.route("/c/<slug>/poll/<public_id>/dispute", methods=["GET", "POST"])
def disagree(slug: str, public_id: str) -> Page:
    """Say that one's household does not agree on what was cast for it."""
    reader, at = signed_in(), now()
    page = queries.find_poll(public_id, slug, at)
    if request.method == "POST":
        service.dispute(reader, public_id)
        flash(gettext("Your household and the facilitator are told. Come to the desk together before the close."))
        return redirect(url_for("ballots.poll", slug=slug, public_id=public_id), 303)
    place = standings.standing_of(reader, page.round.poll)
    if place is None or not place.may_dispute(page.round):
        raise NotFound
    return render_template("ballots/dispute.html", **poll_frame(page, at))


@ballots.get("/c/<slug>/poll/<public_id>/turnout")
def turnout(slug: str, public_id: str) -> Response:
    """The turnout as a fragment that refreshes itself; the same for everybody."""
    page = queries.find_poll(public_id, slug, now())
    body = render_template("ballots/_turnout.html", round=page.round, standing=gates.standing)
    return _tagged(make_response(body))


@ballots.get("/c/<slug>/poll/<public_id>/turnout.json")
def turnout_json(slug: str, public_id: str) -> Response:
    """The same as JSON, rounded the same."""
    item = queries.find_poll(public_id, slug, now()).round
    figures = {
        "phase": item.phase,
        "roll_size": item.poll.roll_size,
        "took_part_at_least": item.turnout,
        "needed": item.needed,
        "opens_at": item.poll.opens_at,
        "closes_at": item.closes_at,
    }
    return _tagged(jsonify(figures))


def _tagged(response: FlaskResponse) -> Response:
    response.add_etag()
    return response.make_conditional(request)
