"""Pages of a dossier: how it stands, asking for it, and its file."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from app.core.i18n import language
from app.core.web import client_address
from app.dossier import queries, service
from app.dossier.contents import base_url
from app.people.queries import community_by_slug
from app.projects.queries import find_project

dossier = Blueprint("dossier", __name__)


@dossier.route("/c/<slug>/project/<public_id>/dossier", methods=["GET", "POST"])
def show(slug: str, public_id: str) -> str | Response:
    """The dossier of a project: what is in it, its file, or how far the making is."""
    project, here = find_project(public_id, slug)
    state = queries.state_of(project, language(), base_url())
    if request.method == "POST":
        service.ask(project, language(), base_url(), state, who=client_address())
        return redirect(url_for("dossier.show", slug=slug, public_id=public_id), 303)
    return render_template("dossier/show.html", community=here, project=project, state=state)


@dossier.get("/c/<slug>/project/<public_id>/dossier.zip")
def download(slug: str, public_id: str) -> Response:
    """The file, as long as it says what is so; else to the page that lets it be made."""
    here = community_by_slug(slug)
    project, _ = find_project(public_id, here.slug)
    row = queries.state_of(project, language(), base_url()).fresh
    if row is None:
        return redirect(url_for("dossier.show", slug=slug, public_id=public_id))
    file = queries.file_of(project, row)
    response = send_file(
        file, "application/zip", as_attachment=True, download_name=f"dossier-{public_id}.zip", etag=row.sha256
    )
    response.headers["Cache-Control"] = "private, no-cache"  # another language is another file
    return response
