"""Pages of records: preview, record, its JSON and code, the check, the archive."""

from __future__ import annotations

import hashlib
import io

import segno
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from app.core.clock import now
from app.core.database import db
from app.core.pages import kept_by_kind
from app.core.replica import may_lag
from app.core.web import site_url
from app.engine.errors import NotFound
from app.engine.gates import all_hold
from app.people.places import Community
from app.people.queries import community_by_slug
from app.people.session import actor, signed_in
from app.printing import answer
from app.projects import service as projects
from app.projects.models import Project
from app.projects.queries import find_project, step_runs
from app.records import check as checking
from app.records import corrections, printed, service, words
from app.records.models import Record
from app.records.phrases import from_data, text_from_data

records = Blueprint("records", __name__)
Page = str | BaseResponse | tuple[str, int]
MOST_CHECKED = 4 * 1024 * 1024


@records.app_context_processor
def _context() -> dict[str, object]:
    return {"stored_text": text_from_data, "stored_phrase": from_data, "chop_of": printed.chop_of}


@records.get("/c/<slug>/project/<public_id>/close")
def preview(slug: str, public_id: str) -> str:
    """What closing the step now would publish, and what is missing."""
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_facilitator(here.id)
    project, _ = find_project(public_id, slug)
    ended = projects.preview_close(reader, public_id, now())
    return render_template(
        "records/preview.html",
        community=here,
        project=project,
        ended=ended,
        body=service.body_of(ended, now()),
        ready=all_hold(ended.gates) and project.state == "running",
        seen=f"{ended.step.key}.{ended.attempt}",
    )


def _find(slug: str, public_id: str) -> tuple[Community, Record]:
    here = community_by_slug(slug)
    row = db.session.scalar(select(Record).where(Record.public_id == public_id, Record.community_id == here.id))
    if row is None:
        raise NotFound
    return here, row


@records.get("/c/<slug>/record/<public_id>")
@may_lag
@kept_by_kind
def show(slug: str, public_id: str) -> str:
    """A record, the same on the screen and on A4; one that was changed isn't shown as if it were one."""
    here, record = _find(slug, public_id)
    body = words.read(record)
    if body is None:
        return render_template("records/broken.html", community=here, record=record)
    project = db.session.get_one(Project, record.project_id)
    later = [
        run for run in step_runs([project.id])[project.id] if run.step == record.step and run.attempt > record.attempt
    ]
    return render_template(
        "records/show.html",
        community=here,
        record=record,
        project=project,
        body=body,
        later=later[-1] if later else None,
        superseded=corrections.correction_of([record.id]).get(record.id),
        newest=corrections.newest(record),
        leads=actor().facilitates(here.id),
        removed=words.removed_from(record),
    )


@records.get("/c/<slug>/record/<public_id>.json")
@may_lag
def as_json(slug: str, public_id: str) -> BaseResponse:
    """The record as a file: what was hashed, and beside it the words with their salts."""
    _, record = _find(slug, public_id)
    data = words.file_of(record)
    response = make_response(data)
    response.mimetype = "application/json"
    response.headers["Content-Disposition"] = f"attachment; filename=record-{record.public_id}.json"
    response.headers["Cache-Control"] = "public, no-cache"
    response.set_etag(hashlib.sha256(data).hexdigest())
    return response.make_conditional(request)


@records.get("/c/<slug>/record/<public_id>.pdf")
def as_pdf(slug: str, public_id: str) -> Page:
    """The record to print and to keep; none is made of one that was changed."""
    here, record = _find(slug, public_id)
    body = words.read(record)
    if body is None:
        return render_template("records/broken.html", community=here, record=record), 409
    return answer.sheet(printed.paper(here, record, body), f"record-{record.public_id}")


@records.get("/c/<slug>/record/<public_id>.docx")
def as_word(slug: str, public_id: str) -> Page:
    """The same sheet as a Word document."""
    here, record = _find(slug, public_id)
    body = words.read(record)
    if body is None:
        return render_template("records/broken.html", community=here, record=record), 409
    return answer.word(printed.paper(here, record, body), f"record-{record.public_id}")


@records.get("/c/<slug>/record/<public_id>.svg")
def code(slug: str, public_id: str) -> Response:
    """A code that leads to the record."""
    _find(slug, public_id)
    out = io.BytesIO()
    address = site_url("records.show", slug=slug, public_id=public_id)
    segno.make(address, error="m").save(out, kind="svg", scale=4, border=2, xmldecl=False)
    response = make_response(out.getvalue())
    response.mimetype = "image/svg+xml"
    return response


@records.get("/c/<slug>/project/<public_id>/step/<step>/<int(max=9999):attempt>/record")
@may_lag
def step(slug: str, public_id: str, step: str, attempt: int) -> BaseResponse:
    """The record of one run of a step: the one that stands, where it was corrected."""
    project, _ = find_project(public_id, slug)
    row = db.session.scalar(
        select(Record).where(
            Record.project_id == project.id,
            Record.step == step,
            Record.attempt == attempt,
            Record.corrects_id.is_(None),
        )
    )
    if row is None:
        raise NotFound
    return redirect(url_for("records.show", slug=slug, public_id=corrections.newest(row).public_id))


@records.route("/c/<slug>/record/<public_id>/check", methods=["GET", "POST"])
def check(slug: str, public_id: str) -> Page:
    """Compare a saved record with the published one."""
    here, record = _find(slug, public_id)
    kept = words.words_of([record.id])[record.id]
    result: checking.Compared | None = None
    if request.method == "POST":
        file = request.files.get("file")
        result = checking.compare(record, kept, file.read(MOST_CHECKED) if file else b"")
    return render_template(
        "records/check.html",
        community=here,
        record=record,
        result=result,
        sound=words.verify(record, kept),
        salted=len(kept),
        command=checking.COMMAND,
        program=checking.PROGRAM,
        removed=sum(1 for item in kept.values() if item.removal),
    ), 422 if result and result.empty else 200


@records.get("/c/<slug>/records")
@may_lag
def archive(slug: str) -> BaseResponse:
    """The address that the archive had before: its records, of a seal and a year where asked so."""
    here = community_by_slug(slug)
    seal = request.args.get("seal", "")[:4]
    step = db.session.scalar(
        select(Record.step)
        .where(Record.community_id == here.id, Record.seal == seal)
        .order_by(Record.id.desc())
        .limit(1)
    )
    year, page = request.args.get("year", type=int), request.args.get("page", type=int)
    there = url_for("archive.community", slug=slug, kind="record", step=step, year=year, page=page)
    return redirect(there, 301)
