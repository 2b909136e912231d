"""Whether every row that the audit reads points to a row that is there; databases keep that unless told not to."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, and_, select

from app.audit.finding import Wrong
from app.core.database import Base, db

# The log and its events aren't here: they are read whole, and each must have its other half.
LINKED = (
    "log_head",
    "project",
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
    "ballot",
    "objection",
    "record",
)


def check_links() -> None:
    """Check the foreign keys of all communities; raises at the first that leads nowhere."""
    for name in LINKED:
        for constraint in sorted(Base.metadata.tables[name].foreign_key_constraints, key=lambda item: str(item.name)):
            _check_link(constraint)


def _check_link(constraint: ForeignKeyConstraint) -> None:
    child, parent = constraint.table, constraint.referred_table.alias()
    pairs = [(element.parent, parent.c[element.column.name]) for element in constraint.elements]
    key = next(iter(child.primary_key.columns))
    row = child.c.public_id if "public_id" in child.c else key
    query = (
        select(row)
        .outerjoin(parent, and_(*(mine == theirs for mine, theirs in pairs)))
        .where(pairs[0][1].is_(None), *(mine.is_not(None) for mine, _ in pairs))
        .order_by(key)
        .limit(1)
    )
    found = db.session.execute(query).first()
    if found is not None:
        fields = " and ".join(constraint.column_keys)
        raise Wrong(child.name, found[0], fields, f"expected a row of {constraint.referred_table.name}; there is none")
