"""Public pages of projects: the community's board, a project, a step."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, abort, render_template, request, url_for

from app.core.clock import now
from app.core.i18n import text_in
from app.core.pages import kept_by_kind
from app.core.web import local_path
from app.engine.method import Method
from app.people.actor import NOBODY
from app.people.places import Community
from app.people.queries import community_by_slug
from app.people.session import actor
from app.printing import answer
from app.projects import board, permissions, posters, queries
from app.projects.models import IMPORTED, Project

public = Blueprint("projects", __name__)
PAGE = 20


def picture(name: str) -> str:
    """The address of a project's picture: an uploaded photo, or one of the drawings that come along."""
    if len(name) == 16 and name.isalnum() and name.isupper():
        return url_for("site.file", public_id=name, extension="jpg")
    return url_for("static", filename=f"img/{name or 'garden.svg'}")


def plan_picture(community: Community) -> str:
    """The address of a community's site plan: its own, or the drawing that comes along."""
    return picture(community.plan or "plan.svg")


def _waive_link(project: Project, community: Community) -> Callable[[str], str]:
    return lambda gate: url_for("projects.waive", slug=community.slug, public_id=project.public_id, gate=gate)


@public.app_context_processor
def _context() -> dict[str, object]:
    return {
        "picture": picture,
        "plan_picture": plan_picture,
        "waive_link": _waive_link,
        "brought_from": queries.origin_of,
        "may_facilitate": lambda project: permissions.may_facilitate(actor(), project),
    }


@public.app_template_filter("ring_name")
def ring_name(key: str, method: Method) -> str:
    """A ring's title in the reader's language."""
    return text_in(method.ring(key).title)


@public.get("/c/<slug>/")
@kept_by_kind
def community(slug: str) -> str:
    """The community's board: what is asked, what is under way, what was fixed."""
    here = community_by_slug(slug)
    page = max(1, request.args.get("page", 1, type=int))
    running = queries.projects_in(here.id)
    over = queries.projects_in(here.id, state=("completed", "ended", IMPORTED))
    shown = running[(page - 1) * PAGE : page * PAGE]
    cards = board.cards(shown, {here.id: here}, actor(), now())
    return render_template(
        "projects/community.html",
        community=here,
        cards=cards,
        first=board.most_urgent(cards),
        coming=board.to_come([here], now()),
        over=board.cards(over[:PAGE], {here.id: here}, actor(), now()) if page == 1 else [],
        page=page,
        pages=max(1, -(-len(running) // PAGE)),
        total=len(running),
    )


@public.get("/c/<slug>/project/<public_id>")
@kept_by_kind
def show(slug: str, public_id: str) -> str:
    """A project: the path, what is asked now, what is missing, what happened."""
    project, here = queries.find_project(public_id, slug)
    page = board.project_page(project, here, actor(), now())
    return render_template("projects/show.html", community=here, project=project, page=page)


@public.get("/c/<slug>/project/<public_id>/step/<step>")
@kept_by_kind
def step(slug: str, public_id: str, step: str) -> str:
    """One step of a project: what it asks, who takes part, its activities and gates, and its earlier runs."""
    project, here = queries.find_project(public_id, slug)
    method = queries.method_of(project)
    if step not in {item.key for item in method.steps}:
        abort(404)
    page = board.project_page(project, here, actor(), now())
    refs = [ref for ref in queries.activity_refs([project], now()) if ref.step == step]
    known = {item.ref.id: item.summary for item in page.card.doing}
    return render_template(
        "projects/step.html",
        community=here,
        project=project,
        page=page,
        step=method.step(step),
        runs=[row for row in queries.step_runs([project.id])[project.id] if row.step == step],
        refs=refs,
        summaries=known | board.summaries([ref for ref in refs if ref.id not in known], now()),
    )


@public.get("/c/<slug>/project/<public_id>/poster.pdf")
def poster(slug: str, public_id: str) -> Response:
    """The poster of a project for the lobby, A4 or A3: what anybody sees of it, whoever prints it."""
    project, here = queries.find_project(public_id, slug)
    card = board.cards([project], {here.id: here}, NOBODY, now())[0]
    paper = posters.project_poster(here, project, card, now(), answer.size_asked())
    return answer.sheet(paper, f"poster-{public_id}-{paper.size}")


@public.get("/c/<slug>/project/<public_id>/figures")
def figures(slug: str, public_id: str) -> str:
    """The figures of a project as a fragment, for pages that refresh them."""
    project, here = queries.find_project(public_id, slug)
    page = board.project_page(project, here, actor(), now())
    return render_template(
        "projects/_gates.html", community=here, project=project, page=page, back=local_path(request.args.get("back"))
    )
