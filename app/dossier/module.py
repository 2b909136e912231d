"""The manifest of dossiers."""

from __future__ import annotations

from app.core.module import Module
from app.dossier import service
from app.dossier.views import dossier as blueprint

dossier = Module(name="dossier", blueprints=(blueprint,), jobs={service.JOB: service.job}, removed=(service.forget,))
