"""The page of an inspector: what to check, and how a fault is found."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for

from app.ballots import course, inspectors, queries, service
from app.ballots.forms import FaultForm
from app.ballots.poll_views import poll_frame
from app.ballots.views import Page, ballots
from app.core.clock import now
from app.core.i18n import gettext
from app.engine.errors import Forbidden
from app.engine.phrase import phrase
from app.people.session import signed_in


@ballots.route("/c/<slug>/poll/<public_id>/inspect", methods=["GET", "POST"])
def inspect(slug: str, public_id: str) -> Page:
    """What one of the three can look at, and the form for a fault."""
    reader, at = signed_in(), now()
    page = queries.find_poll(public_id, slug, at)
    everybody = inspectors.inspectors_of(page.round.poll.id)
    mine = inspectors.inspects(reader, everybody)
    if mine is None:
        raise Forbidden(phrase("Only the three inspectors of this vote do this."))
    form = FaultForm()
    if form.validate_on_submit():
        with form.refusals():
            void = service.find_fault(reader, public_id, form.reason.data or "")
            said = gettext("Two of three found a fault: the round is void. Everybody on the roll is told.")
            flash(said if void else gettext("Written down. If a second inspector finds a fault, the round is void."))
            return redirect(url_for("ballots.result", slug=slug, public_id=public_id), 303)
    newest = page.later is None
    return (
        render_template(
            "ballots/inspect.html",
            mine=mine,
            finds=newest
            and mine.found_at is None
            and inspectors.may_find(course.case_of(page.decision, page.rounds), at),
            form=form,
            **poll_frame(page, at),
        ),
        form.http_status,
    )
