"""Commands that begin: store a version of a method, start a project."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from app.core.media import Upload, name_upload
from app.core.once import remember, replayed
from app.core.transaction import Tx, transaction
from app.engine import workflow
from app.engine.errors import Invalid
from app.engine.phrase import phrase
from app.people.actor import Actor
from app.people.places import Building, Entrance
from app.projects import queries
from app.projects.models import IMPORTED, MethodVersion, Project
from app.projects.motion import move


def store_method(source: str) -> str:
    """Store a checked method text as a version and return its public id; the same text twice is one version."""
    method = queries.parse(source)
    sha256 = hashlib.sha256(source.encode()).hexdigest()
    with transaction() as tx:
        known = tx.session.scalar(select(MethodVersion).where(MethodVersion.sha256 == sha256))
        if known is None:
            tx.session.execute(update(MethodVersion).where(MethodVersion.key == method.key).values(offered=False))
            known = MethodVersion(key=method.key, version=method.version, source=source, sha256=sha256, added_at=tx.now)
            tx.session.add(known)
            tx.session.flush()
        return known.public_id


def start_project(
    actor: Actor,
    community_id: int,
    *,
    title: str,
    place: str,
    summary: str,
    method_public_id: str,
    scope: Mapping[str, Sequence[int]] | None = None,
    parent_public_id: str | None = None,
    copied_from: str = "",
    picture: Upload | str | None = None,
    pin: tuple[int, int] | None = None,
    once: str | None = None,
) -> str:
    """Start a project at the first step of a method and return its public id. ``scope`` names buildings or entrances.

    ``copied_from`` names a project whose steps' drafts come along, each when its step opens: words, never people, votes or
    results.
    """
    person_id = actor.require_facilitator(community_id)
    if not title.strip():
        raise Invalid(phrase("The project needs a title."), {"title": phrase("Please fill this in.")})
    with transaction() as tx:
        places = {key: sorted(set(ids)) for key, ids in (scope or {}).items() if ids}
        sent = [title, place, summary, method_public_id, places, parent_public_id or ""]
        sent += [copied_from] if copied_from else []
        if once and (known := replayed(tx, f"project:{person_id}", once, sent)):
            return known
        version = tx.session.scalar(select(MethodVersion).where(MethodVersion.public_id == method_public_id))
        if version is None or not version.offered:
            raise Invalid(phrase("Choose a method."), {"method": phrase("Choose one of the methods offered.")})
        parent = None
        if parent_public_id:
            parent = tx.session.scalar(select(Project).where(Project.public_id == parent_public_id))
            if parent is None or parent.parent_id is not None:
                raise Invalid(
                    phrase("This project can't be a parent."), {"parent": phrase("There is no such project.")}
                )
        project = Project(
            community_id=community_id,
            parent_id=parent.id if parent else None,
            copied_from_id=_to_copy(tx, actor, copied_from).id if copied_from else None,
            method_version_id=version.id,
            title=title.strip(),
            place=place,
            summary=summary,
            scope=_checked_scope(tx, community_id, scope or {}),
            facilitator_id=person_id,
            started_at=tx.now,
            moved_at=tx.now,
            pin_x=pin[0] if pin else None,
            pin_y=pin[1] if pin else None,
        )
        if isinstance(picture, Upload):
            project.picture = name_upload(tx, picture, community_id=community_id, person_id=person_id).public_id
        elif picture:
            project.picture = picture
        tx.session.add(project)
        tx.session.flush()
        method = queries.parse(version.source)
        move(tx, project, method, None, workflow.start(method, at=tx.now, by=actor.public_id), person_id)
        if once:
            remember(tx, f"project:{person_id}", once, sent, project.public_id)
        return project.public_id


def _to_copy(tx: Tx, actor: Actor, public_id: str) -> Project:
    """The project to begin a copy of: one that the actor facilitates too."""
    found: Project | None = tx.session.scalar(select(Project).where(Project.public_id == public_id))
    if found is None or found.state == IMPORTED or not actor.facilitates(found.community_id):
        raise Invalid(phrase("The project to copy is not one of yours."))
    return found


def _checked_scope(tx: Tx, community_id: int, scope: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    chosen = {key: sorted(set(ids)) for key, ids in scope.items() if ids}
    if not chosen:
        return {}
    if len(chosen) > 1 or not set(chosen) <= {"buildings", "entrances"}:
        raise Invalid(phrase("Name buildings or entrances, not both."), {"scope": phrase("Choose one of the two.")})
    key, ids = next(iter(chosen.items()))
    table = Building if key == "buildings" else Entrance
    known = set(tx.session.scalars(select(table.id).where(table.community_id == community_id, table.id.in_(ids))))
    if known != set(ids):
        raise Invalid(phrase("Some of these places are not in this community."), {"scope": phrase("Choose again.")})
    return dict(chosen)
