"""Pages of messages."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.notifications import queries, service
from app.people.session import signed_in

notifications = Blueprint("notifications", __name__)


@notifications.get("/me/messages")
def inbox() -> str:
    """One's messages, newest first."""
    reader = signed_in()
    page = max(1, request.args.get("page", 1, type=int))
    rows, pages = queries.inbox(reader.person(), page)
    return render_template("notifications/inbox.html", rows=rows, page=page, pages=pages)


@notifications.post("/me/messages/read")
def mark_read() -> Response:
    """Mark all as looked at."""
    service.mark_read(signed_in())
    return redirect(url_for("notifications.inbox"), 303)
