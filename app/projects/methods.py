"""Pages of methods, for the administrator of the town: the versions stored, and a new one."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from sqlalchemy import func, select

from app.core.database import db
from app.core.i18n import gettext
from app.engine.method_check import check_method
from app.people.session import signed_in
from app.projects import queries, service
from app.projects.console import Page
from app.projects.forms import MethodForm
from app.projects.kinds import kinds
from app.projects.models import MethodVersion, Project
from app.projects.views import public


@public.route("/admin/methods", methods=["GET", "POST"])
def methods() -> Page:
    """List the stored versions; check a file and store it."""
    signed_in().require_admin()
    form, problems = MethodForm(), []
    if form.validate_on_submit():
        source = form.source.data.read(300_000).decode("utf-8", "replace")
        problems = check_method(source, kinds().catalogue)
        if not problems:
            service.store_method(source)
            flash(gettext("The method is stored. New projects may start with it."))
            return redirect(url_for("projects.methods"), 303)
    counts = dict(
        db.session.execute(select(Project.method_version_id, func.count()).group_by(Project.method_version_id)).all()
    )
    versions = list(db.session.scalars(select(MethodVersion).order_by(MethodVersion.id.desc())))
    rows = [(row, queries.parse(row.source), counts.get(row.id, 0)) for row in versions]
    return (
        render_template("projects/methods.html", form=form, problems=problems, rows=rows),
        422 if problems else form.http_status,
    )
