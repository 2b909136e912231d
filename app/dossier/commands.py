"""What the command line does with dossiers: ``flask dossier make`` and ``flask dossier check``."""

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
from app.dossier.check import Report
from app.dossier.check import check as check_file
from app.dossier.make import make as make_file
from app.engine.errors import DomainError, NotFound
from app.people.places import Community
from app.proof.keys import keys_of

dossier = AppGroup("dossier", help="The dossier of a project: one archive of all that everybody may see of it.")
NOT_GIVEN = "http://localhost"


def known_keys(origin: str) -> Sequence[str]:
    """The keys that the log of a community named, where the community is one of this installation."""
    name = origin.rpartition("/")[2]
    found = db.session.scalar(select(Community.id).where(Community.public_id == name))
    return [row.key for row in keys_of(found)] if found is not None else []


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


@dossier.command("make")
@click.argument("public_id")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--lang", type=click.Choice(list(LANGUAGES)), default="zh_Hans", help="Its language.")
def make(public_id: str, file: Path, lang: str) -> None:
    """Make the dossier of a project into FILE."""
    config: Config = current_app.config["QIDING"]
    try:
        made = make_file(public_id, lang, config.base_url or NOT_GIVEN)
    except NotFound:
        raise click.ClickException(f"there is no project {public_id}") from None
    except DomainError as error:
        with force_locale("en"):
            raise click.ClickException(say(error.message)) from None
    shutil.move(made.path, file)
    click.echo(f"{file}: {made.files} files, {made.length:,} bytes, SHA-256 {made.sha256}")
