"""What the command line does with the search: ``flask search rebuild`` and ``flask search check``."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.archive.index import differs
from app.archive.index import rebuild as rebuild_index

search = AppGroup("search", help="The index of the public archive.")


@search.command("rebuild")
def rebuild() -> None:
    """Make the index anew from what everybody may read; people go on meanwhile."""
    click.echo(f"{rebuild_index()} documents")


@search.command("check")
def check() -> None:
    """Name what the index lacks, or holds though nobody may read it. Exit status 1 when there is something."""
    wrong = differs()
    for kind, public_id in wrong:
        click.echo(f"{kind} {public_id}")
    if wrong:
        click.echo(f"{len(wrong)} documents differ: flask search rebuild mends it")
        raise SystemExit(1)
    click.echo("the index holds what everybody may read, and nothing else")
