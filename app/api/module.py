"""The manifest of open data."""

from __future__ import annotations

from app.api.views import api as blueprint
from app.core.module import Module

api = Module(name="api", blueprints=(blueprint,))
