"""What the command line does with the log: ``flask audit verify`` and ``flask audit root``."""

from __future__ import annotations

import re

import click
from flask.cli import AppGroup

from app.audit.verify import head, slugs, verify_links
from app.audit.verify import verify as verify_community
from app.engine.errors import NotFound

audit = AppGroup("audit", help="The log and what it proves.")


def _read_head(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> list[tuple[int, str]]:
    heads = []
    for value in values:
        found = re.fullmatch(r"(\d{1,15}):([0-9a-fA-F]{64})", value)
        if found is None:
            raise click.BadParameter(f"{value!r} is not SIZE:ROOT, such as 12:9f86…")
        heads.append((int(found[1]), found[2].lower()))
    return heads


@audit.command("verify")
@click.option("--community", metavar="SLUG", help="This community only.")
@click.option(
    "--head",
    "heads",
    multiple=True,
    metavar="SIZE:ROOT",
    callback=_read_head,
    help="A size and root noted earlier, with --community: the log must still begin so.",
)
def verify(community: str | None, heads: list[tuple[int, str]]) -> None:
    """Check every log and the rows that it speaks of. Exit status 1, and the first wrong thing, when one is wrong."""
    if heads and not community:
        raise click.UsageError("--head belongs to one log: name it with --community")
    broken = verify_links()
    if broken is not None:
        click.echo(f"database: WRONG: {broken}")
        raise SystemExit(1)
    sound = True
    for slug in [community] if community else slugs():
        try:
            report = verify_community(slug, heads)
        except NotFound:
            raise click.ClickException(f"there is no community {slug}") from None
        if report.finding is None:
            rows = f"{report.projects} projects, {report.ballots} ballots, {report.records} records"
            click.echo(f"{slug}: {report.size} entries, root {report.root}, {rows}, {report.seconds:.1f} s")
        else:
            click.echo(f"{slug}: WRONG: {report.finding}")
            sound = False
    if not sound:
        raise SystemExit(1)


@audit.command("root")
@click.argument("slug")
def root(slug: str) -> None:
    """Print the size and the root of a community's log as SIZE:ROOT, to be kept where this server can't reach."""
    try:
        size, hashed = head(slug)
    except NotFound:
        raise click.ClickException(f"there is no community {slug}") from None
    click.echo(f"{size}:{hashed}")
