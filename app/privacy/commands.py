"""What the command line does with personal data."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from app.core.clock import now
from app.core.i18n import force_locale, say
from app.privacy import ledger, retention
from app.privacy.document import LANGUAGES, document
from app.privacy.kept import keeps


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@with_appcontext
def forget(dry_run: bool) -> None:
    """Forget what was kept long enough; the server does it by itself every night."""
    unknown = set(current_app.config["QIDING"].keep_days) - {keep.key for keep in keeps()}
    for key in sorted(unknown):
        click.echo(f"QIDING_KEEP_{key.upper()} names nothing that is kept here", err=True)
    at = now()
    rows = retention.due(at)
    gone = {} if dry_run else retention.forget(at)
    with force_locale("en"):
        for item in rows:
            count = item.rows if dry_run else gone[item.keep.key]
            click.echo(f"{count:8} {item.keep.key:12} after {item.days:5} days: {say(item.keep.title)}")
    click.echo("nothing was changed" if dry_run else f"{sum(gone.values())} forgotten")


@click.command("erase-again")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@with_appcontext
def erase_again(file: Path | None) -> None:
    """After an old copy was restored: erase again everybody whom the list FILE names (var/erasures.jsonl)."""
    click.echo(f"{ledger.reapply(file)} erased again")


@click.command("privacy-notice")
@click.argument("language", type=click.Choice(sorted(LANGUAGES)))
@with_appcontext
def privacy_notice(language: str) -> None:
    """Print docs/privacy.md, or its Chinese twin, from what the program declares."""
    click.echo(document(language), nl=False)
