"""The lists of open data, a file each: a further one is a file here and a word in RESOURCES."""

from __future__ import annotations

from app.api.kinds import (
    activities,
    bundles,
    checkpoints,
    comments,
    communities,
    complaints,
    entries,
    media,
    meetings,
    notices,
    objections,
    polls,
    projects,
    proposals,
    records,
    steps,
)
from app.api.resource import Resource

RESOURCES: tuple[Resource, ...] = (
    communities.RESOURCE,
    projects.RESOURCE,
    steps.RESOURCE,
    activities.RESOURCE,
    proposals.RESOURCE,
    comments.RESOURCE,
    polls.RESOURCE,
    objections.RESOURCE,
    meetings.RESOURCE,
    notices.RESOURCE,
    complaints.RESOURCE,
    entries.RESOURCE,
    records.RESOURCE,
    bundles.RESOURCE,
    checkpoints.RESOURCE,
    media.RESOURCE,
)
BY_KEY = {resource.key: resource for resource in RESOURCES}
