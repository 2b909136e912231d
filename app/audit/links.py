"""Whether every row that the audit reads points to a row that is there; databases keep that unless told not to."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Select, and_, select

from app.audit.finding import Wrong
from app.core.database import Base, db

# The log and its events aren't here: they are read whole, and each must have its other half.
LINKED = (
    "log_head",
    "project",
    "project_origin",
    "step_run",
    "activity_run",
    "gate_waiver",
    "sign_off",
    "decision",
    "text_version",
    "poll",
    "roll_entry",
    "slot",
    "slot_link",
    "ballot_batch",
    "ballot",
    "objection",
    "roll_voice",
    "matter",
    "authorisation",
    "mandate",
    "count_objection",
    "decision_outcome",
    "disagreement",
    "willing",
    "panel",
    "panel_seat",
    "panel_word",
    "objection_message",
    "paper_sheet",
    "paper_entry",
    "paper_helper",
    "paper_draw",
    "paper_check",
    "record",
    "log_key",
    "checkpoint",
    "log_tile",
    "log_mark",
)


def check_links() -> None:
    """Check the foreign keys of all communities; raises at the first that leads nowhere."""
    for constraint, query in _queries():
        found = db.session.execute(query).first()
        if found is not None:
            fields, parent = " and ".join(constraint.column_keys), constraint.referred_table.name
            raise Wrong(constraint.table.name, found[0], fields, f"expected a row of {parent}; there is none")


@cache
def _queries() -> list[tuple[ForeignKeyConstraint, Select[Any]]]:
    """For each foreign key, a query of the first row that breaks it."""
    tables = [Base.metadata.tables[name] for name in LINKED]
    keys = [key for table in tables for key in sorted(table.foreign_key_constraints, key=lambda item: str(item.name))]
    return [(key, _broken(key)) for key in keys]


def _broken(constraint: ForeignKeyConstraint) -> Select[Any]:
    child, parent = constraint.table, constraint.referred_table.alias()
    pairs = [(element.parent, parent.c[element.column.name]) for element in constraint.elements]
    key = next(iter(child.primary_key.columns))
    return (
        select(child.c.public_id if "public_id" in child.c else key)
        .outerjoin(parent, and_(*(mine == theirs for mine, theirs in pairs)))
        .where(pairs[0][1].is_(None), *(mine.is_not(None) for mine, _ in pairs))
        .order_by(key)
        .limit(1)
    )
