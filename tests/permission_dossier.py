"""Who gets what from the addresses of dossiers: what everybody may see, everybody may take along."""

from __future__ import annotations

from tests.permission_rows import EVERYBODY, form, get

DOSSIER = [
    *form("dossier.show", "running", EVERYBODY, "*: does it", {}),
    *get("dossier.download", "running", "*: away"),  # it isn't made yet
]
