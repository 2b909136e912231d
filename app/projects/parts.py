"""What a feature gives to a project's dossier: files that anybody may see, each made only when it is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from app.engine.method import Text
from app.engine.phrase import Phrase
from app.people.places import Community
from app.projects.models import Project

PAGE = "page"  # an HTML page: its links are turned to files of the dossier, or to addresses of the site


@dataclass(frozen=True)
class DossierFile:
    """One file: where it lies in the dossier, what kind it is, and what its link says.

    Equal marks mean equal contents: by them it is known whether a dossier is up to date, with nothing made.
    ``make`` gives the bytes, or a file on the disk that is copied.
    """

    path: str
    kind: str
    says: Phrase
    mark: str
    make: Callable[[], bytes | Path]


@dataclass(frozen=True)
class DossierItem:
    """One thing to read, with its files. ``address`` is its page on the site: links to it lead to the first file."""

    title: Phrase | Text | str
    files: tuple[DossierFile, ...]
    about: Phrase | Text | None = None
    at: int | None = None
    step: str = ""
    address: str = ""


@dataclass(frozen=True)
class DossierPart:
    """A feature's part of every dossier: a heading, a sentence for who sees it first, and its items of one project.

    Asked as a reader whom nobody knows, so that the same queries as on the pages leave out what isn't public.
    """

    title: Phrase
    says: Phrase
    order: int
    items: Callable[[Project, Community, int], Iterable[DossierItem]]
