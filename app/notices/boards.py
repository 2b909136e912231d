"""The boards on which a notice hangs: one for each building of its project, with the photos that prove it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from app.core.database import db
from app.core.media import Media
from app.engine.errors import NotFound
from app.notices.models import Notice, NoticeProof
from app.people.places import Building, Entrance
from app.projects.kinds import ActivityRef


@dataclass(frozen=True)
class Board:
    """A building's board, and the photos that show the notice on it, oldest first."""

    building_id: int
    label: str
    proofs: list[NoticeProof] = field(default_factory=list)


def _buildings(ref: ActivityRef) -> dict[int, str]:
    """The buildings on whose boards a notice hangs: those of the project's scope."""
    query = select(Building.id, Building.label).where(Building.community_id == ref.community_id)
    if ref.scope.get("buildings"):
        query = query.where(Building.id.in_(ref.scope["buildings"]))
    elif ref.scope.get("entrances"):
        query = query.where(
            Building.id.in_(select(Entrance.building_id).where(Entrance.id.in_(ref.scope["entrances"])))
        )
    return dict(db.session.execute(query.order_by(Building.sort, Building.id)).all())


def boards_of(ref: ActivityRef, notice: Notice) -> list[Board]:
    """Every building's board, with and without proof, with two queries."""
    query = select(NoticeProof).where(NoticeProof.notice_id == notice.id).order_by(NoticeProof.day, NoticeProof.id)
    found: dict[int, list[NoticeProof]] = {}
    for row in db.session.scalars(query):
        found.setdefault(row.building_id, []).append(row)
    return [Board(id_, label, found.get(id_, [])) for id_, label in _buildings(ref).items()]


def board_of(ref: ActivityRef, building_id: int) -> str:
    """The label of a building on whose board the notice hangs; NotFound for another one."""
    found = _buildings(ref)
    if building_id not in found:
        raise NotFound
    return found[building_id]


def told(ref: ActivityRef, notice: Notice) -> dict[str, Any]:
    """What the record of a step tells of the boards; nothing where no photo was kept."""
    boards = boards_of(ref, notice)
    shas = _hashes([proof.photo for board in boards for proof in board.proofs])
    if not shas:
        return {}
    proved = [
        {"building": board.label, "day": proof.day, "by": proof.hung_by, "photo": shas[proof.photo]}
        for board in boards
        for proof in board.proofs
    ]
    return {"boards": proved, "boards_without": [board.label for board in boards if not board.proofs]}


def _hashes(photos: list[str]) -> Mapping[str, str]:
    if not photos:
        return {}
    query = select(Media.public_id, Media.sha256).where(Media.public_id.in_(photos))
    return dict(db.session.execute(query).all())
