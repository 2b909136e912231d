"""Pages of the proof: the log's checkpoints, the sheet for the notice board, receipts, the check, bundles, and looks."""

from __future__ import annotations

from typing import Any

import segno
from flask import Blueprint, abort, make_response, render_template, request, send_file, session
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.ballots import gates, inspectors, queries, standings, told
from app.ballots.modes import MODES
from app.ballots.queries import PollPage
from app.core.clock import now
from app.core.database import db
from app.core.i18n import language
from app.core.web import site_url
from app.engine.errors import Forbidden, NotFound
from app.engine.phrase import phrase
from app.people import access
from app.people.queries import community_by_slug
from app.people.session import actor, signed_in
from app.printing import answer
from app.projects.queries import find_activity
from app.proof import bundle, checkpoints, keys, links, printed, receipts, rows, verify
from app.proof.models import Bundle, Checkpoint

proof = Blueprint("proof", __name__)
SHOWN = 12
LIVE = 1024 * 1024  # a bundle of at most this size is checked anew for each reader


@proof.app_context_processor
def _context() -> dict[str, Any]:
    return {"vote_modes": MODES, "may_see_missing": links.may_see_missing, "reader_now": actor}


def _text(body: str, name: str = "") -> Response:
    response = make_response(body)
    response.mimetype = "text/plain"
    response.headers["Cache-Control"] = "public, no-cache"
    if name:
        response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response


def _code(address: str) -> str:
    """A code that leads to an address, as a picture within the page."""
    return str(segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=2))


@proof.get("/c/<slug>/log")
def log(slug: str) -> str:
    """The log of a community: its newest signed checkpoints, its key, and how one holds on to them."""
    here = community_by_slug(slug)
    query = select(Checkpoint).where(Checkpoint.community_id == here.id).order_by(Checkpoint.size.desc()).limit(SHOWN)
    points = list(db.session.scalars(query))
    return render_template(
        "proof/log.html",
        community=here,
        points=points,
        key=keys.present_key(here),
        known=keys.keys_of(here.id),
        sees_looks=links.may_see_looks(actor(), here.id),
    )


@proof.get("/c/<slug>/log/checkpoint")
def newest(slug: str) -> Response:
    """The newest checkpoint as it was signed."""
    here = community_by_slug(slug)
    point = checkpoints.latest(here.id)
    if point is None:
        raise NotFound
    return _text(point.note)


@proof.get("/c/<slug>/log/checkpoint/<int(max=9999999999999):size>")
def checkpoint(slug: str, size: int) -> Response:
    """One checkpoint, by its size."""
    return _text(checkpoints.at_size(community_by_slug(slug).id, size).note)


@proof.get("/c/<slug>/log/key")
def key(slug: str) -> Response:
    """The public key that signs now."""
    known = keys.present_key(community_by_slug(slug))
    if known is None:
        raise NotFound
    return _text(f"{known}\n")


def _page(slug: str, public_id: str) -> PollPage:
    return queries.find_poll(public_id, slug, now())


def _frame(page: PollPage) -> dict[str, Any]:
    ref = find_activity(queries.activity_public_id(page.decision.id), now())
    return {
        "community": page.community,
        "page": page,
        "round": page.round,
        "ref": ref,
        "asked": gates.asked(page.round.poll),
        "standing": gates.standing,
        "slot_number": told.slot_number,
        "inspectors": inspectors.inspectors_of(page.round.poll.id),
    }


def _marked(page: PollPage, kind: str) -> Checkpoint | None:
    """The first checkpoint over the first entry of a kind that speaks of a poll."""
    seqs = checkpoints.of_poll(page.community.id, page.round.poll.public_id).get(kind)
    return checkpoints.covering(page.community.id, seqs[0]) if seqs else None


@proof.get("/c/<slug>/poll/<public_id>/notice")
def notice(slug: str, public_id: str) -> str:
    """The announcement as a sheet for the notice board: text, rule, times, the roll's fingerprint, the checkpoint."""
    page = _page(slug, public_id)
    return render_template("proof/notice.html", **announced(page))


@proof.get("/c/<slug>/poll/<public_id>/notice.pdf")
def notice_pdf(slug: str, public_id: str) -> Response:
    """The announcement to print on A4."""
    page = _page(slug, public_id)
    return answer.sheet(printed.announcement(page, announced(page)), f"announcement-{public_id}")


@proof.get("/c/<slug>/poll/<public_id>/poster.pdf")
def poster(slug: str, public_id: str) -> Response:
    """The poster of a vote, A4 or A3."""
    page = _page(slug, public_id)
    paper = printed.vote_poster(page, _frame(page), now(), answer.size_asked())
    return answer.sheet(paper, f"poster-{public_id}-{paper.size}")


def announced(page: PollPage) -> dict[str, Any]:
    """What the sheet of an announcement is made of."""
    return {
        "point": _marked(page, "poll.announced"),
        "key": keys.present_key(page.community),
        "code": _code(site_url("ballots.poll", slug=page.community.slug, public_id=page.round.poll.public_id)),
        **_frame(page),
    }


@proof.get("/c/<slug>/poll/<public_id>/receipt")
def receipt(slug: str, public_id: str) -> str:
    """A receipt to print: the code, a code to scan, and where the check is. What was voted isn't on it."""
    commitment, page = _own(slug, public_id)
    found = receipts.find(page.round.poll, commitment[1])
    assert found is not None
    address = site_url("proof.check", slug=slug, public_id=public_id) + f"?code={found.code}"
    return render_template("proof/receipt.html", found=found, address=address, code=_code(address), **_frame(page))


@proof.get("/c/<slug>/poll/<public_id>/receipt.txt")
def statement(slug: str, public_id: str) -> Response:
    """The signed statement that a ballot with this commitment was taken."""
    commitment, page = _own(slug, public_id)
    return _text(receipts.statement(page.round.poll, commitment[0]), f"receipt-{commitment[1]}.txt")


def _own(slug: str, public_id: str) -> tuple[tuple[str, str], PollPage]:
    """Commitment and code of the reader's own ballot; from the browser alone where no row leads to it any more."""
    reader, page = signed_in(), _page(slug, public_id)
    place = standings.standing_of(reader, page.round.poll)
    kept = (session.get("receipt") or {}).get("code", "")
    found = receipts.find(page.round.poll, kept) if kept else None
    if place is not None and place.ballot is not None:
        found = receipts.find(page.round.poll, receipts.Sealed(place.ballot.commitment, True).code)
    if found is None:
        raise NotFound
    return (found.commitment, found.code), page


@proof.get("/c/<slug>/poll/<public_id>/check")
def check(slug: str, public_id: str) -> str:
    """Check this vote: every check of the program, with its outcome; a receipt; how to run it oneself."""
    page = _page(slug, public_id)
    typed = request.args.get("code", "")[:60]
    found = receipts.find(page.round.poll, typed) if typed else None
    row = bundle.newest(page.round.poll) if page.round.phase == "closed" else None
    return render_template(
        "proof/check.html",
        typed=typed,
        found=found,
        bundle=row,
        steps=_steps(page, row),
        lang="en" if language() == "en" else "zh",
        words=verify.words,
        command=_command(page, row, found.code if found else "XXXX-XXXX-XXXX"),
        key=keys.present_key(page.community),
        announced=_marked(page, "poll.announced"),
        newest=checkpoints.latest(page.community.id),
        **_frame(page),
    )


def _command(page: PollPage, row: Bundle | None, code: str) -> str:
    name = bundle.file_of(page.round.poll, row.size).name if row is not None else "bundle.zip"
    return f"python3 verify.py {name} --receipt {code} --since checkpoint.txt"


def _steps(page: PollPage, row: Bundle | None) -> list[verify.Step]:
    """What the program says of a bundle: run now where that is quick, else when the bundle was built."""
    if row is None:
        return []
    if row.length <= LIVE:
        return verify.check(str(bundle.file_of(page.round.poll, row.size)))
    return [verify.Step(*step) for step in row.checks]


@proof.get("/c/<slug>/poll/<public_id>/inclusion/<code>.txt")
def inclusion(slug: str, public_id: str, code: str) -> Response:
    """The proof that a ballot is under a signed checkpoint, by its receipt's code."""
    page = _page(slug, public_id)
    found = receipts.find(page.round.poll, code)
    if found is None or found.point is None:
        raise NotFound
    return _text(receipts.proof(page.round.poll, found), f"inclusion-{found.code}.txt")


@proof.get("/c/<slug>/poll/<public_id>/bundle.zip")
def download(slug: str, public_id: str) -> Response:
    """The bundle of a closed round."""
    page = _page(slug, public_id)
    row = bundle.newest(page.round.poll) if page.round.phase == "closed" else None
    if row is None:
        raise NotFound
    file = bundle.file_of(page.round.poll, row.size)
    response = send_file(file, "application/zip", as_attachment=True, download_name=file.name, etag=row.sha256)
    response.headers["Cache-Control"] = "public, no-cache"
    return response


@proof.get("/verify.py")
def program() -> Response:
    """The program that checks a bundle."""
    with open(verify.__file__, encoding="utf-8") as file:
        return _text(file.read(), "verify.py")


@proof.get("/c/<slug>/poll/<public_id>/rows")
def identified(slug: str, public_id: str) -> str:
    """Mode B, after the close: the rows with area, for those on the roll and the inspectors."""
    reader, page = signed_in(), _page(slug, public_id)
    if page.round.poll.mode != "B" or page.round.phase != "closed":
        raise NotFound
    named = inspectors.inspects(reader, inspectors.inspectors_of(page.round.poll.id)) is not None
    inspects = named or reader.has_role(page.community.id, "inspector")
    if not inspects and standings.standing_of(reader, page.round.poll) is None:
        raise Forbidden(phrase("These rows are for those on the roll of this vote, and its inspectors."))
    number = min(max(1, request.args.get("page", 1, type=int)), 10_000)
    shown, pages = rows.of_poll(reader if inspects else None, page.round.poll, number)
    return render_template("proof/rows.html", shown=shown, at=min(number, pages), pages=pages, **_frame(page))


@proof.get("/c/<slug>/poll/<public_id>/missing")
def missing(slug: str, public_id: str) -> str:
    """Who has not voted yet: for those who go from door to door."""
    reader, page = signed_in(), _page(slug, public_id)
    reader.require_facilitator(page.community.id)
    number = min(max(1, request.args.get("page", 1, type=int)), 10_000)
    found = links.missing(reader, page.round.poll, number, now())
    return render_template("proof/missing.html", found=found, **_frame(_page(slug, public_id)))


@proof.get("/c/<slug>/looks")
def looks(slug: str) -> str:
    """Who of the staff looked at whose data."""
    reader, here = signed_in(), community_by_slug(slug)
    if not links.may_see_looks(reader, here.id):
        if reader.belongs_to(here.id):
            raise Forbidden(phrase("Only inspectors and the town's administrator may see this."))
        raise NotFound
    number = request.args.get("page", 1, type=int)
    if not 1 <= number <= 10_000:
        abort(404)
    wanted = access.Filter(request.args.get("what", "")[:60], request.args.get("who", "").strip()[:60])
    found, more = access.page_of_looks(here.id, wanted, number, links.PAGE)
    return render_template(
        "proof/looks.html",
        community=here,
        rows=found,
        at=number,
        pages=number + more,
        wanted=wanted,
        kinds=access.KINDS,
        whose=access.labels_of(row for row, _ in found),
    )
