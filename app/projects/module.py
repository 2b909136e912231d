"""The manifest of projects."""

from __future__ import annotations

from app.core.module import Module
from app.projects import console as _console  # noqa: F401 - its routes hang on the blueprint
from app.projects import methods as _methods  # noqa: F401 - likewise
from app.projects import rings as _rings  # noqa: F401 - likewise
from app.projects.gates import SIGN_OFF
from app.projects.kept import PICTURE, POSTER
from app.projects.views import public

projects = Module(name="projects", blueprints=(public,), provides=(SIGN_OFF, PICTURE, POSTER))
