"""What the command line does: ``flask dossier make`` and ``check``, ``flask project export`` and ``import``."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from app.config import Config
from app.core.database import db
from app.core.i18n import LANGUAGES, force_locale, say
from app.dossier.bring import bring, file_of
from app.dossier.check import Report
from app.dossier.check import check as check_file
from app.dossier.make import make as make_file
from app.dossier.sent import Refused
from app.engine.errors import DomainError, NotFound
from app.engine.notes import read_key
from app.people.places import Community
from app.projects.models import ProjectOrigin
from app.projects.queries import find_project, origin_of
from app.proof.keys import keys_of

dossier = AppGroup("dossier", help="The dossier of a project: one archive of all that everybody may see of it.")
NOT_GIVEN = "http://localhost"


def known_keys(origin: str) -> Sequence[str]:
    """The keys of a log that are known here: of a community of this installation, or with which projects came before."""
    name = origin.rpartition("/")[2]
    found = db.session.scalar(select(Community.id).where(Community.public_id == name))
    if found is not None:
        return [row.key for row in keys_of(found)]
    query = select(ProjectOrigin.key).where(ProjectOrigin.origin == origin).distinct()
    return [read_key(key).public.hex() for key in db.session.scalars(query)]


def tell(report: Report) -> None:
    """Say what was checked; exit status 1 with the first wrong thing."""
    for sentence in report.said:
        click.echo(f"OK     {sentence}")
    if report.wrong is not None:
        click.echo(f"WRONG  {report.wrong}")
        click.echo("This is not what was signed, or not as a whole. Keep the file and show it to others.")
        raise SystemExit(1)


@dossier.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", default="", metavar="KEY", help="The key you expect, as it hangs on the notice board.")
def check(file: Path, key: str) -> None:
    """Check a dossier FILE: structure, signature, every file, every record, every vote. Exit status 1 when one is wrong."""
    report = check_file(file, key=key.strip(), known=known_keys)
    tell(report)
    title, community = report.manifest["project"]["title"], report.manifest["community"]["name"]
    click.echo(f"All of it holds: {title} ({community})")


def _make(public_id: str, file: Path, lang: str) -> None:
    config: Config = current_app.config["QIDING"]
    try:
        row, _ = find_project(public_id)
        origin = origin_of(row)
        if origin is not None:  # it is passed on as it came, with the signature of where it is from
            shutil.copyfile(file_of(origin), file)
            click.echo(f"{file}: as it came, {origin.length:,} bytes, SHA-256 {origin.dossier_sha256}")
            return
        made = make_file(public_id, lang, config.base_url or NOT_GIVEN)
    except NotFound:
        raise click.ClickException(f"there is no project {public_id}") from None
    except DomainError as error:
        with force_locale("en"):
            raise click.ClickException(say(error.message)) from None
    shutil.move(made.path, file)
    click.echo(f"{file}: {made.files} files, {made.length:,} bytes, SHA-256 {made.sha256}")


LANG = click.option("--lang", type=click.Choice(list(LANGUAGES)), default="zh_Hans", help="Its language.")


@dossier.command("make")
@click.argument("public_id")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@LANG
def make(public_id: str, file: Path, lang: str) -> None:
    """Make the dossier of a project into FILE."""
    _make(public_id, file, lang)


project = AppGroup("project", help="Take a project to another installation, to be read there.")


@project.command("export")
@click.argument("public_id")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@LANG
def export(public_id: str, file: Path, lang: str) -> None:
    """Write a project into FILE, which another installation imports: it is the project's dossier."""
    _make(public_id, file, lang)


@project.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--into", default="", metavar="SLUG", help="The community that takes it; made when there is none.")
@click.option("--key", default="", metavar="KEY", help="The key it must be signed by, as it hangs on the notice board.")
def take(file: Path, into: str, key: str) -> None:
    """Check a dossier FILE, and put its project here to be read. Whatever is wrong with it, nothing of it is put here."""
    try:
        brought = bring(file, into=into.strip(), key=key.strip(), known=known_keys, tell=tell)
    except Refused as refused:
        raise click.ClickException(f"not imported: {refused}") from None
    click.echo(f"It is here to be read: /c/{brought.slug}/project/{brought.public_id}, with {brought.records} records")
