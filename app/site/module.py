"""The manifest of the site's own pages."""

from __future__ import annotations

from app.core.module import Module
from app.site import files as _files  # noqa: F401 - its routes hang on the blueprint
from app.site import mine_views as _mine  # noqa: F401 - likewise
from app.site.views import site as blueprint

site = Module(
    name="site",
    blueprints=(blueprint,),
    unkept=frozenset({"site.me", "site.my_data"}),
)
