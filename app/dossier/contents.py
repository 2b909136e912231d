"""What goes into a project's dossier, with nothing made yet: as a reader sees it whom nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from posixpath import dirname, relpath
from typing import Any

from flask import current_app, request, url_for

from app.config import Config
from app.core.clock import now
from app.core.database import db
from app.core.i18n import force_locale, with_years
from app.dossier.facts import facts_of
from app.dossier.manifest import FORMAT, INDEX
from app.engine.canonical import canon, sha256_hex
from app.engine.phrase import Phrase
from app.people.places import Community
from app.projects.kinds import kinds
from app.projects.models import MethodVersion, Project
from app.projects.parts import DossierFile, DossierItem, DossierPart
from app.projects.queries import find_project
from app.records.kept import JSON as RECORD
from app.records.kept import records_of
from app.records.models import Record

_LINK = re.compile('(href|src)="(/[^"]*)"')


@dataclass(frozen=True)
class Section:
    """A heading of the dossier with its items."""

    title: Phrase
    says: Phrase
    items: tuple[DossierItem, ...]


@dataclass(frozen=True)
class Contents:
    """All of a dossier. ``mark`` is another one as soon as any of it would be."""

    project: Project
    here: Community
    version: MethodVersion
    records: tuple[Record, ...]
    sections: tuple[Section, ...]
    facts: dict[str, Any]
    lang: str
    mark: str

    def files(self) -> list[DossierFile]:
        """The features' files, in the order of the sections; no path twice."""
        found = {file.path: file for part in self.sections for item in part.items for file in item.files}
        return list(found.values())

    def of_step(self, step: str) -> list[DossierItem]:
        """The records of a step."""
        items = (item for part in self.sections for item in part.items if item.step == step)
        return [item for item in items if any(file.kind == RECORD for file in item.files)]

    def local(self, page: str, path: str) -> str:
        """A page of the dossier whose links lead to files beside it, where the dossier has them, else to the site."""
        leads = {item.address: item.files[0].path for part in self.sections for item in part.items if item.address}
        leads[url_for("projects.show", slug=self.here.slug, public_id=self.project.public_id)] = INDEX
        return _LINK.sub(lambda found: f'{found[1]}="{_turned(found[2], leads, path)}"', page)


def _turned(href: str, leads: dict[str, str], path: str) -> str:
    target = leads.get(href.partition("#")[0])
    return relpath(target, dirname(path) or ".") if target is not None else base_url() + href


def base_url() -> str:
    """The address of this site, without a slash at its end."""
    config: Config = current_app.config["QIDING"]
    return config.base_url or request.url_root.rstrip("/")


@contextmanager
def as_public(lang: str, base: str) -> Iterator[None]:
    """Within it pages are written for a reader whom nobody knows, in a language; every day with its year."""
    context = current_app.test_request_context("/", base_url=base, headers={"Cookie": f"lang={lang}"})
    with context, force_locale(lang), with_years():
        yield


def collect(public_id: str, lang: str) -> Contents:
    """The contents of a project's dossier; within :func:`as_public`."""
    project, here = find_project(public_id)
    version = db.session.get_one(MethodVersion, project.method_version_id)
    records = records_of(project.id)
    facts = facts_of(project, here, version, records)
    found: dict[int, Section] = {}
    for part in sorted(kinds().every(DossierPart), key=lambda part: part.order):
        items = tuple(part.items(project, here, now()))
        before = found.get(part.order, Section(part.title, part.says, ()))
        found[part.order] = Section(before.title, before.says, before.items + items)
    sections = tuple(section for section in found.values() if section.items)
    made_of = [[file.path, file.mark] for part in sections for item in part.items for file in item.files]
    mark = sha256_hex(canon([FORMAT, lang, base_url(), facts, made_of]))
    return Contents(project, here, version, tuple(records), sections, facts, lang, mark)
