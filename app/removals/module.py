"""The manifest of removals."""

from __future__ import annotations

from app.core.module import Module
from app.removals.views import removals as blueprint

removals = Module(
    name="removals",
    blueprints=(blueprint,),
    confirmed=frozenset({"removals.remove"}),
)
