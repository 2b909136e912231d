"""Who may do what with projects; asked by templates, required by services."""

from __future__ import annotations

from app.people.actor import Actor
from app.projects.models import IMPORTED, Project


def may_facilitate(actor: Actor, project: Project) -> bool:
    """Move a project, answer its gates, edit its words."""
    return project.state != IMPORTED and actor.facilitates(project.community_id)


def may_start(actor: Actor, community_id: int) -> bool:
    """Start a project in a community."""
    return actor.facilitates(community_id)
