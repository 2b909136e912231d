"""The facilitator's pages: the console, starting a project, and every movement of one."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.core.clock import now
from app.core.database import db
from app.core.forms import options
from app.core.i18n import at_local, gettext, local_date, text_in
from app.core.media import Upload, receive_photo
from app.core.pages import kept_by_kind
from app.engine.errors import NotFound
from app.people.actor import Actor
from app.people.places import Building, Community
from app.people.queries import community_by_slug
from app.people.session import signed_in
from app.projects import board, queries, service
from app.projects.forms import CloseForm, EditForm, ProjectForm, ReasonForm, SendBackForm, SignOffForm, WindowForm
from app.projects.models import Project
from app.projects.views import public

Page = str | Response | tuple[str, int]


def _facilitator(slug: str) -> tuple[Actor, Community]:
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_facilitator(here.id)
    return reader, here


def _project(slug: str, public_id: str) -> tuple[Actor, Community, Project]:
    reader, here = _facilitator(slug)
    project, _ = queries.find_project(public_id, slug)
    return reader, here, project


def _photo(field: object) -> Upload | None:
    file = getattr(field, "data", None)
    return receive_photo(file.read()) if file and file.filename else None


@public.get("/c/<slug>/console")
@kept_by_kind
def console(slug: str) -> str:
    """What is due, what is stuck, and one next button a project."""
    reader, here = _facilitator(slug)
    return render_template(
        "projects/console.html", community=here, console=board.console(here, reader, now()), today=now()
    )


@public.route("/c/<slug>/project/new", methods=["GET", "POST"])
def new(slug: str) -> Page:
    """Start a project."""
    reader, here = _facilitator(slug)
    form = ProjectForm()
    versions = queries.offered_methods()
    form.method.choices = options((v.public_id, text_in(queries.parse(v.source).title)) for v in versions)
    buildings = list(
        db.session.scalars(
            select(Building).where(Building.community_id == here.id).order_by(Building.sort, Building.id)
        )
    )
    form.buildings.choices = options((b.id, gettext("Building %(label)s", label=b.label)) for b in buildings)
    parents = [p for p in queries.projects_in(here.id) if p.parent_id is None]
    form.parent.choices = options(
        [("", gettext("No, it stands by itself")), *((p.public_id, p.title) for p in parents)]
    )
    source = _source(reader, form.copied_from.data or request.args.get("from", ""))
    if request.method == "GET" and versions:
        form.method.data = versions[0].public_id
    if request.method == "GET" and source is not None:
        _fill_alike(form, source, here)
    if form.validate_on_submit():
        with form.refusals():
            public_id = service.start_project(
                reader,
                here.id,
                title=form.title.data,
                place=form.place.data,
                summary=form.summary.data,
                method_public_id=form.method.data,
                scope={"buildings": form.buildings.data or []},
                parent_public_id=form.parent.data or None,
                copied_from=source.public_id if source is not None else "",
                picture=_photo(form.photo),
                once=form.once.data,
            )
            flash(gettext("The project has started."))
            return redirect(url_for("projects.show", slug=slug, public_id=public_id), 303)
    return (
        render_template("projects/new.html", community=here, form=form, versions=versions, source=source),
        form.http_status,
    )


def _source(reader: Actor, public_id: str) -> Project | None:
    """The project to begin like, if it is one that the reader facilitates; None begins an empty one."""
    if not public_id.isascii() or not public_id.isalnum():
        return None
    found = db.session.scalar(select(Project).where(Project.public_id == public_id))
    return found if found is not None and reader.facilitates(found.community_id) else None


def _fill_alike(form: ProjectForm, source: Project, here: Community) -> None:
    """Fill the form of a new project with the words and settings of another one."""
    form.copied_from.data = source.public_id
    form.title.data, form.place.data, form.summary.data = source.title, source.place, source.summary
    key = queries.method_of(source).key
    alike = [version.public_id for version in queries.offered_methods() if version.key == key]
    form.method.data = alike[0] if alike else form.method.data
    if source.community_id == here.id:
        form.buildings.data = source.scope.get("buildings", [])
        parent = db.session.get(Project, source.parent_id) if source.parent_id is not None else None
        form.parent.data = parent.public_id if parent is not None else ""


@public.route("/c/<slug>/project/<public_id>/edit", methods=["GET", "POST"])
def edit(slug: str, public_id: str) -> Page:
    """Correct a project's words and picture."""
    reader, here, project = _project(slug, public_id)
    form = EditForm(obj=project)
    if form.validate_on_submit():
        with form.refusals():
            service.edit_project(
                reader,
                public_id,
                title=form.title.data,
                place=form.place.data,
                summary=form.summary.data,
                picture=_photo(form.photo),
            )
            flash(gettext("Saved."))
            return redirect(url_for("projects.show", slug=slug, public_id=public_id), 303)
    return render_template("projects/edit.html", community=here, project=project, form=form), form.http_status


@public.post("/c/<slug>/project/<public_id>/close")
def close_step(slug: str, public_id: str) -> Response:
    """Close the open step; the preview of its record asked for confirmation."""
    reader, _, project = _project(slug, public_id)
    form = CloseForm()
    step = queries.method_of(project).step(project.step) if project.step else None
    service.close_step(reader, public_id, seen=form.seen.data or None)
    if step is not None:
        flash(gettext("“%(step)s” is fixed, and its record is published.", step=text_in(step.title)))
    return redirect(url_for("projects.show", slug=slug, public_id=public_id), 303)


@public.route("/c/<slug>/project/<public_id>/gate/<gate>/sign-off", methods=["GET", "POST"])
def sign_off(slug: str, public_id: str, gate: str) -> Page:
    """Answer a gate's question."""
    reader, here, project = _project(slug, public_id)
    step = queries.current_step(project)
    if step is None or gate not in {item.key for item in step.gates} or "question" not in step.gate(gate).settings:
        raise NotFound
    form = SignOffForm()
    if request.method == "GET":
        form.seen.data = _seen(project)
    if form.validate_on_submit():
        with form.refusals():
            service.sign_off(
                reader, public_id, gate, holds=form.answer.data == "yes", note=form.note.data, seen=form.seen.data
            )
            flash(gettext("Your answer is recorded."))
            return redirect(url_for("projects.show", slug=slug, public_id=public_id) + "#gates", 303)
    return (
        render_template(
            "projects/sign_off.html", community=here, project=project, step=step, gate=step.gate(gate), form=form
        ),
        form.http_status,
    )


@public.route("/c/<slug>/project/<public_id>/gate/<gate>/waive", methods=["GET", "POST"])
def waive(slug: str, public_id: str, gate: str) -> Page:
    """Waive a gate, with name and reason."""
    reader, here, project = _project(slug, public_id)
    step = queries.current_step(project)
    if step is None or gate not in {item.key for item in step.gates}:
        raise NotFound
    form = ReasonForm()
    if request.method == "GET":
        form.seen.data = _seen(project)
    if form.validate_on_submit():
        with form.refusals():
            service.waive_gate(reader, public_id, gate, form.reason.data, seen=form.seen.data)
            flash(gettext("The gate is waived; your name and reason stand in the record."))
            return redirect(url_for("projects.show", slug=slug, public_id=public_id) + "#gates", 303)
    page = board.project_page(project, here, reader, now())
    state = next(item for item in page.gates if item.result.key == gate)
    return (
        render_template("projects/waive.html", community=here, project=project, step=step, state=state, form=form),
        form.http_status,
    )


@public.route("/c/<slug>/project/<public_id>/send-back", methods=["GET", "POST"])
def send_back(slug: str, public_id: str) -> Page:
    """Send a project back to an earlier step."""
    reader, here, project = _project(slug, public_id)
    method = queries.method_of(project)
    step = queries.current_step(project)
    if step is None:
        raise NotFound
    form = SendBackForm()
    form.step.choices = options(
        (item.key, f"{item.number} {text_in(item.title)}") for item in method.steps if item.number < step.number
    )
    if request.method == "GET":
        form.seen.data = _seen(project)
    if form.validate_on_submit():
        with form.refusals():
            service.send_back(reader, public_id, form.step.data, form.reason.data, seen=form.seen.data)
            flash(gettext("The project went back. All that was recorded stays."))
            return redirect(url_for("projects.show", slug=slug, public_id=public_id), 303)
    return (
        render_template("projects/send_back.html", community=here, project=project, step=step, form=form),
        form.http_status,
    )


MOVES = {"pause": service.pause, "resume": service.resume, "end": service.end_early}


@public.route("/c/<slug>/project/<public_id>/<any(pause, resume, end):move>", methods=["GET", "POST"])
def move(slug: str, public_id: str, move: str) -> Page:
    """Pause, resume or end a project, for a public reason."""
    reader, here, project = _project(slug, public_id)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.refusals():
            MOVES[move](reader, public_id, form.reason.data)
            flash(gettext("Recorded."))
            return redirect(url_for("projects.show", slug=slug, public_id=public_id), 303)
    return (
        render_template("projects/move.html", community=here, project=project, move=move, form=form),
        form.http_status,
    )


@public.route("/c/<slug>/project/<public_id>/activity/<activity>/dates", methods=["GET", "POST"])
def dates(slug: str, public_id: str, activity: str) -> Page:
    """The days between which an activity is open."""
    reader, here, project = _project(slug, public_id)
    ref = queries.find_activity(activity, now(), slug)
    if ref.project_id != project.id:
        raise NotFound
    form = WindowForm()
    if request.method == "GET":
        if ref.window.opens_at is not None:
            form.opens.data = local_date(ref.window.opens_at)
        if ref.window.closes_at is not None:
            form.closes.data = local_date(ref.window.closes_at - 1)
    if form.validate_on_submit():
        with form.refusals():
            opens, closes = form.opens.data, form.closes.data
            service.set_window(
                reader,
                activity,
                at_local(opens) if opens else None,
                at_local(closes + timedelta(days=1)) if closes else None,
            )
            flash(gettext("The days are set."))
            return redirect(url_for("projects.show", slug=slug, public_id=public_id), 303)
    return (
        render_template("projects/dates.html", community=here, project=project, ref=ref, form=form),
        form.http_status,
    )


def _seen(project: Project) -> str:
    run = queries.run_of(project.id).current
    return run.ref if run else ""
