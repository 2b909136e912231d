"""The manifest of the site's own pages."""

from __future__ import annotations

from app.core.module import Module
from app.site.views import site as blueprint

site = Module(name="site", blueprints=(blueprint,))
