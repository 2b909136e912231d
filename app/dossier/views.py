"""Pages of a dossier: how it stands, asking for it, and its file."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from app.core.i18n import language
from app.core.web import client_address
from app.dossier import bring, queries, service
from app.dossier.contents import base_url
from app.dossier.manifest import command, file_name
from app.engine.errors import NotFound
from app.people.queries import community_by_slug
from app.projects.queries import find_project, origin_of
from app.proof.keys import present_key

dossier = Blueprint("dossier", __name__)


@dossier.route("/c/<slug>/project/<public_id>/dossier", methods=["GET", "POST"])
def show(slug: str, public_id: str) -> str | Response:
    """The dossier of a project: what is in it, its file, or how far the making is."""
    project, here = find_project(public_id, slug)
    origin = origin_of(project)
    if origin is not None:
        return render_template(
            "dossier/brought.html",
            there=bring.file_of(origin).is_file(),
            community=here,
            project=project,
            origin=origin,
            command=command(public_id, origin.key),
        )
    state = queries.state_of(project, language(), base_url())
    if request.method == "POST":
        service.ask(project, language(), base_url(), state, who=client_address())
        return redirect(url_for("dossier.show", slug=slug, public_id=public_id), 303)
    key = present_key(here)
    return render_template(
        "dossier/show.html", community=here, project=project, state=state, command=command(public_id, str(key or ""))
    )


@dossier.get("/c/<slug>/project/<public_id>/dossier.zip")
def download(slug: str, public_id: str) -> Response:
    """The file, as long as it says what is so; else to the page that lets it be made."""
    here = community_by_slug(slug)
    project, _ = find_project(public_id, here.slug)
    origin = origin_of(project)
    if origin is not None:
        return _file(bring.file_of(origin), public_id, origin.dossier_sha256)
    row = queries.state_of(project, language(), base_url()).fresh
    if row is None:
        return redirect(url_for("dossier.show", slug=slug, public_id=public_id))
    return _file(queries.file_of(project, row), public_id, row.sha256)


def _file(file: Path, public_id: str, sha256: str) -> Response:
    if not file.is_file():
        raise NotFound
    response = send_file(file, "application/zip", as_attachment=True, download_name=file_name(public_id), etag=sha256)
    response.headers["Cache-Control"] = "private, no-cache"  # another language is another file
    return response
