"""The manifest of what leaves for an office."""

from __future__ import annotations

from app.core.module import Module
from app.office.kept import RESULTS
from app.office.views import office as blueprint

office = Module(name="office", blueprints=(blueprint,), provides=(RESULTS,))
