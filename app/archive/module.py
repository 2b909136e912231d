"""The manifest of the public archive."""

from __future__ import annotations

from app.archive.index import rebuild_in_background, watch
from app.archive.views import archive as blueprint
from app.core.module import Module

watch()
archive = Module(name="archive", blueprints=(blueprint,), jobs={"search.rebuild": rebuild_in_background})
