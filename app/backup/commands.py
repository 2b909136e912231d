"""What the command line does: ``flask backup``, ``flask backup --list``, ``flask restore`` and ``flask restore --check``."""

from __future__ import annotations

from pathlib import Path

import click
from alembic.script import ScriptDirectory
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate import Config as AlembicConfig
from sqlalchemy.exc import DBAPIError

from app.backup.archive import Unsound
from app.backup.keep import listed, prune
from app.backup.make import Made, make
from app.backup.restore import restore as put_back
from app.backup.trial import Place, check
from app.config import ROOT, Config
from app.core.clock import now
from app.core.database import db


def place() -> Place:
    """This installation, as a place to put a backup."""
    options = AlembicConfig()
    options.set_main_option("script_location", str(ROOT / "migrations"))
    script = ScriptDirectory.from_config(options)
    known = frozenset(item.revision for item in script.walk_revisions())
    return Place(_config(), current_app.extensions["qiding.create"], script.get_current_head() or "", known)


def _config() -> Config:
    config: Config = current_app.config["QIDING"]
    db.session.remove()
    return config


@click.command("backup")
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--list", "lists", is_flag=True, help="List the backups in FOLDER instead.")
@click.option(
    "--check", "tries", is_flag=True, help="Then try whether it can be put back, as flask restore --check does."
)
@click.option("--keep", type=click.IntRange(1), metavar="N", help="Then delete all but those of N days and N weeks.")
@with_appcontext
def backup(folder: Path | None, lists: bool, tries: bool, keep: int | None) -> None:
    """Put database and media into one file in FOLDER while the server runs; var/backups unless it is given."""
    config = _config()
    folder = folder or config.backup_dir
    if lists:
        _list(folder)
        return
    try:
        made = make(config, folder, now())
        _say(made, config)
        if tries:
            check(made.file, place(), click.echo)
            click.echo("It can be put back.")
    except Unsound as error:
        raise click.ClickException(str(error)) from None
    except (DBAPIError, OSError) as error:
        raise click.ClickException(f"nothing was kept: {_plain(error)}") from None
    for gone in prune(folder, keep) if keep else ():
        click.echo(f"deleted {gone.name}")


def _plain(error: Exception) -> str:
    return str(error.orig if isinstance(error, DBAPIError) else error).splitlines()[0]


def _say(made: Made, config: Config) -> None:
    told = made.manifest
    size = made.file.stat().st_size
    click.echo(f"{made.file}: {size:,} bytes, {sum(told['counts'].values()):,} rows, revision {told['revision']}")
    for head in told["communities"]:
        click.echo(f"{head['slug']}: {head['size']} entries, {head['size']}:{head['root']}")
    for name in made.missing:
        click.echo(f"WARNING: media/{name} is named by a row and not there")
    for name in made.changed:
        click.echo(f"WARNING: media/{name} is not what its name says: the disk may be failing")
    key = config.signing_file or "QIDING_SIGNING_KEY"
    click.echo(f"Not in it, keep both apart: the secret (SECRET_KEY) and the signing key ({key}).")


def _list(folder: Path) -> None:
    found = listed(folder)
    for kept in found:
        if kept.wrong:
            click.echo(f"{kept.file.name}  WRONG: it {kept.wrong}")
            continue
        told, size = kept.manifest, kept.file.stat().st_size
        slugs = ", ".join(f"{head['slug']} {head['size']}" for head in told["communities"])
        click.echo(
            f"{kept.file.name}  {told['made']}  {told['engine']}  revision {told['revision']}  {size:,}  {slugs}"
        )
    click.echo(
        f"{len(found)} backups in {folder}. Whether one can be put back says: flask --app wsgi restore --check FILE"
    )


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", "tries", is_flag=True, help="Only try it: sums, a restore elsewhere, counts, the audit.")
@click.option(
    "--replace", "replacing", is_flag=True, help="Also where there is something; a backup of it is kept first."
)
@with_appcontext
def restore(file: Path, tries: bool, replacing: bool) -> None:
    """Put the backup FILE where DATABASE_URL and MEDIA_DIR say. Stop web processes and workers before."""
    try:
        if tries:
            check(file, place(), click.echo)
            click.echo("It can be put back.")
            return
        put_back(file, place(), now(), click.echo, replacing=replacing)
    except Unsound as error:
        raise click.ClickException(f"{file.name}: {error}") from None
    except (DBAPIError, OSError) as error:
        raise click.ClickException(f"{file.name}: {_plain(error)}") from None
    click.echo("Restored. The secret and the signing key are not in a backup: put those of before in their places,")
    click.echo("then start the web processes and workers again. flask --app wsgi doctor says what is missing.")
