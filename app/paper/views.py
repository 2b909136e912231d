"""Pages of the desk of a vote on paper: overview, issuing, printing, the box, helpers, the list of sheets."""

from __future__ import annotations

from typing import Any

import segno
from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.ballots import gates
from app.ballots import queries as ballots
from app.core.clock import now
from app.core.forms import options
from app.core.i18n import gettext, ngettext, say
from app.core.media import extensions_of, receive_document
from app.core.web import made_here
from app.engine.errors import NotFound
from app.engine.phrase import phrase
from app.engine.voting import RULES
from app.engine.voting.consent import KINDS
from app.paper import printed as on_paper
from app.paper import queries, service
from app.paper.forms import AgainForm, BoxForm, HelperForm, IssueForm, ScanForm, SheetForm
from app.people.access import note_access
from app.people.session import actor, signed_in
from app.printing import answer
from app.printing.answer import once
from app.printing.paper import require
from app.projects.queries import find_activity

paper = Blueprint("paper", __name__)
Page = str | Response | tuple[str, int]
EACH = ("2", "4")


@paper.app_context_processor
def _context() -> dict[str, Any]:
    return {"paper_says": lambda policy: say(gates.PAPER_SAYS[policy]), "works_at_paper": service.works_at}


def frame(slug: str, public_id: str, *, desk: bool = True) -> tuple[ballots.PollPage, dict[str, Any]]:
    """The round, and what every page shows of it; pages of the desk are for those who work there."""
    at = now()
    if desk:
        signed_in()
    page = ballots.find_poll(public_id, slug, at)
    if desk:
        service.require_desk(actor(), page.round.poll)
    ref = find_activity(ballots.activity_public_id(page.decision.id), at)
    return page, {
        "community": page.community,
        "round": page.round,
        "poll": page.round.poll,
        "ref": ref,
        "here": {"slug": slug, "public_id": public_id},
        "closed": at >= page.round.closes_at,
        "leads": actor().facilitates(page.community.id),
    }


def keys(rule_key: str) -> list[tuple[str, str]]:
    """The keys of the choices at the entry desk, with their words."""
    stances = [(str(n), say(stance.title)) for n, stance in enumerate(RULES[rule_key].stances, start=1)]
    return [
        *stances,
        ("8", gettext("Blank: nothing is marked")),
        ("9", gettext("Spoilt: it can’t be told what is meant")),
    ]


def offer_kinds(form: SheetForm) -> SheetForm:
    """Fill in the kinds of objections, in the reader's language."""
    form.kind.choices = options((key, say(name)) for key, name in KINDS.items())
    return form


@paper.route("/c/<slug>/poll/<public_id>/paper", methods=["GET", "POST"])
def overview(slug: str, public_id: str) -> Page:
    """The account so far, the next thing to do, and issuing sheets."""
    page, more = frame(slug, public_id)
    form = IssueForm()
    form.offer()
    if request.method == "POST" and form.validate_on_submit():
        with form.refusals():
            whom = form.whom.data
            first, last = service.issue(
                actor(),
                public_id,
                count=(form.count.data or 0) if whom == "blank" else 0,
                to=(form.household.data or "") if whom == "one" else "",
                everyone=whom == "all",
            )
            flash(gettext("Sheets %(first)s to %(last)s are issued. Print them now.", first=first, last=last))
            return redirect(url_for("paper.printed", slug=slug, public_id=public_id, first=first, last=last), 303)
    poll = page.round.poll
    return (
        render_template(
            "paper/overview.html",
            form=form,
            account=queries.account_of(poll, now()),
            sample=queries.sample_of(poll),
            helpers=queries.helpers_of(poll),
            done=queries.paper_done(poll, now()),
            **more,
        ),
        form.http_status,
    )


@paper.get("/c/<slug>/poll/<public_id>/paper/print")
def printed(slug: str, public_id: str) -> str:
    """Sheets to print on A4, two or four a page."""
    page, more = frame(slug, public_id)
    first, last, each, sheets_out = _to_print(page)
    rows = [
        (serial, label, made_here(segno.make(serial, error="m").svg_inline(scale=2, border=1)))
        for serial, label in sheets_out
    ]
    return render_template("paper/print.html", rows=rows, each=each, first=first, last=last, **more)


@paper.get("/c/<slug>/poll/<public_id>/paper/print.pdf")
def printed_pdf(slug: str, public_id: str) -> Response:
    """The same sheets as PDF; it is kept nowhere, since it may tell whose they are."""
    page, _ = frame(slug, public_id)
    require()
    first, last, each, rows = _to_print(page)
    if not rows:
        raise NotFound(phrase("These sheets were returned already, or were never issued."))
    return once(
        on_paper.ballots(page, rows, each, now()),
        f"sheets-{first}-{last}",
    )


def _to_print(page: ballots.PollPage) -> tuple[int, int, int, list[tuple[str, str]]]:
    """Which run of sheets is asked for, how many a page, and those that are still out; the look is noted."""
    first = min(max(1, request.args.get("first", 1, type=int)), 10_000_000)
    last = min(max(first, request.args.get("last", first, type=int)), first + 399)
    rows = queries.to_print(page.round.poll, first, last)
    if any(label for _, label in rows):
        spot = f"{page.round.poll.public_id}:{first}-{last}"
        note_access(actor(), page.community.id, "paper.print", spot)
    each = request.args.get("each", "2")
    return first, last, int(each) if each in EACH else 2, rows


@paper.route("/c/<slug>/poll/<public_id>/paper/box", methods=["GET", "POST"])
def box(slug: str, public_id: str) -> Page:
    """Record which sheets are in the box."""
    _, more = frame(slug, public_id)
    form = BoxForm()
    if form.validate_on_submit():
        with form.refusals():
            taken = service.take_in(actor(), public_id, form.numbers.data or "")
            said = ngettext("%(num)s sheet is in the box.", "%(num)s sheets are in the box.", taken.recorded)
            if taken.known:
                said += " " + ngettext("%(num)s was recorded before.", "%(num)s were recorded before.", taken.known)
            flash(said)
            return redirect(url_for("paper.box", slug=slug, public_id=public_id), 303)
    return (
        render_template("paper/box.html", form=form, account=queries.account_of(more["poll"], now()), **more),
        form.http_status,
    )


@paper.route("/c/<slug>/poll/<public_id>/paper/helpers", methods=["GET", "POST"])
def helpers(slug: str, public_id: str) -> Page:
    """Name who helps at this desk, or end that."""
    page, more = frame(slug, public_id)
    actor().require_facilitator(page.community.id)
    form = HelperForm()
    form.person.choices = options((item.public_id, item.name) for item in service.may_help(page.round.poll))
    if form.validate_on_submit():
        with form.refusals():
            service.name_helper(actor(), public_id, form.person.data or "", ends="ends" in request.form)
            flash(gettext("Saved."))
            return redirect(url_for("paper.helpers", slug=slug, public_id=public_id), 303)
    return (
        render_template("paper/helpers.html", form=form, helpers=queries.helpers_of(page.round.poll), **more),
        form.http_status,
    )


@paper.get("/c/<slug>/poll/<public_id>/paper/sheets")
def sheets(slug: str, public_id: str) -> str:
    """The sheets and how they stand, without their households."""
    page, more = frame(slug, public_id)
    number = max(1, min(request.args.get("page", 1, type=int), 100_000))
    state = request.args.get("state", "")
    rows, pages = queries.sheets_of(page.round.poll, state if state in STATES else "", number)
    return render_template(
        "paper/sheets.html", rows=rows, number=number, pages=pages, state=state, states=STATES, **more
    )


STATES = ("issued", "returned", "valid", "spoilt", "blank", "overtaken")


@paper.route("/c/<slug>/poll/<public_id>/paper/sheet/<serial>", methods=["GET", "POST"])
def sheet(slug: str, public_id: str, serial: str) -> Page:
    """Whose a sheet is: the only page that says so, each look noted. A picture can be added, a wrong entry set right."""
    page, more = frame(slug, public_id)
    form, again = ScanForm(), AgainForm()
    if "reason" in request.form:
        if again.validate_on_submit():
            with again.refusals():
                service.reopen(actor(), public_id, serial, again.reason.data or "")
                flash(gettext("Two persons read it anew now. Until they agree, what it said counts."))
                return redirect(url_for("paper.sheet", slug=slug, public_id=public_id, serial=serial), 303)
    elif form.validate_on_submit():
        with form.refusals():
            scan = receive_document(form.document.data.read(), form.document.data.filename or "")
            service.attach(actor(), public_id, serial, scan)
            flash(gettext("The picture is kept, and its fingerprint stands in the log."))
            return redirect(url_for("paper.sheet", slug=slug, public_id=public_id, serial=serial), 303)
    row, label = queries.find_sheet(page.round.poll, serial)
    note_access(actor(), page.community.id, "paper.sheet", f"{public_id}:{serial}")
    ending = extensions_of([row.scan]).get(row.scan, "pdf") if row.scan else ""
    return (
        render_template(
            "paper/sheet.html",
            sheet=row,
            label=label,
            form=form,
            ending=ending,
            again=again if more["leads"] and service.may_reopen(page.round.poll, row, now()) else None,
            **more,
        ),
        max(form.http_status, again.http_status),
    )


@paper.get("/c/<slug>/poll/<public_id>/paper/account")
def account(slug: str, public_id: str) -> str:
    """The account of the sheets for everybody, after the close."""
    _, more = account_of(slug, public_id)
    return render_template("paper/account.html", **more)


@paper.get("/c/<slug>/poll/<public_id>/paper/account.pdf")
def account_pdf(slug: str, public_id: str) -> Response:
    """The account with lines for the inspectors to sign."""
    page, more = account_of(slug, public_id)
    return answer.sheet(on_paper.account(page, more, now()), f"account-{public_id}")


def account_of(slug: str, public_id: str) -> tuple[ballots.PollPage, dict[str, Any]]:
    """A closed vote with the account of its sheets; NotFound where there were none."""
    page, more = frame(slug, public_id, desk=False)
    poll = page.round.poll
    found = queries.account_of(poll, now())
    if not more["closed"] or (poll.paper == "none" and not found.issued):
        raise NotFound
    sample, done = queries.sample_of(poll), queries.paper_done(poll, now())
    return page, {"account": found, "sample": sample, "done": done, **more}
