"""What a dossier is, for those who make it and those who check it: names, its list of files, and what is signed. Pure."""

from __future__ import annotations

from app.engine.canonical import sha256_hex

FORMAT = "qiding/dossier/v1"
PROJECT_FORMAT = "qiding/project/v1"
INCLUSION_FORMAT = "qiding/inclusion/v1"
FIXED = (1980, 1, 1, 0, 0, 0)

MANIFEST = "manifest.json"
SIGNATURE = "manifest.note"
INDEX = "index.html"
STYLE = "look/dossier.css"
README = "README.txt"
PROJECT = "project.json"
METHOD = "method.toml"
CHECKPOINT = "log/checkpoint.txt"
KEY = "log/key.txt"


def inclusion_path(record: str) -> str:
    """Where the way from a record to the checkpoint lies."""
    return f"log/record-{record}.txt"


def removal_path(removal: str) -> str:
    """Where the way from a removal to the checkpoint lies."""
    return f"log/removal-{removal}.txt"


def signed_text(origin: str, project: str, manifest: bytes) -> str:
    """What the community's key signs: the list of files by its hash, for one project of one log."""
    return f"{FORMAT}\n{origin}\n{project}\n{sha256_hex(manifest)}\n"


def file_name(project: str) -> str:
    """The name under which a dossier is saved."""
    return f"dossier-{project}.zip"


def command(project: str, key: str = "") -> str:
    """The line that checks a dossier."""
    return f"flask --app wsgi dossier check {file_name(project)}" + (f" --key '{key}'" if key else "")
