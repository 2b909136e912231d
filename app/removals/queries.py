"""Reads of removals: the public list of a community."""

from __future__ import annotations

from sqlalchemy import func, select

from app.core.database import db
from app.core.removals import Removal
from app.people.places import Community
from app.projects.models import Project

PAGE = 25


def removals_of(community: Community, page: int) -> tuple[list[tuple[Removal, str]], int, int]:
    """One page of what was removed in a community, newest first, with the projects' titles; the page, and how many."""
    total = (
        db.session.scalar(select(func.count()).select_from(Removal).where(Removal.community_id == community.id)) or 0
    )
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    rows = db.session.execute(
        select(Removal, Project.title)
        .outerjoin(Project, Project.id == Removal.project_id)
        .where(Removal.community_id == community.id)
        .order_by(Removal.id.desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    )
    return [(row, title or "") for row, title in rows], page, pages
