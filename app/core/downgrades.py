"""For migrations: a step back that would lose something is refused, before anything of it is done."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op


def refuse_loss(revision: str, stays: Mapping[str, str]) -> None:
    """Raise where the tables of before ``revision`` have no place for what is there; ``stays`` asks for each such thing."""
    for what, query in stays.items():
        if op.get_bind().execute(sa.text(query)).first() is not None:
            raise RuntimeError(
                f"This database can't go back to before {revision}: it has {what}. "
                "Use the copy made before the upgrade."
            )
