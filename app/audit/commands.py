"""What the command line does with the log: ``flask audit verify`` and ``flask audit root``."""

from __future__ import annotations

import re

import click
from flask.cli import AppGroup

from app.audit.verify import head, slugs, verify_links
from app.audit.verify import verify as verify_community
from app.engine.errors import NotFound
from app.engine.notes import public_of
from app.people.queries import community_by_slug
from app.proof.keys import present_key, rotate, seed

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
            rows += f", {report.checkpoints} checkpoints"
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


@audit.command("key")
@click.option("--rotate", "fresh", is_flag=True, help="Make a new key; the old one signs it in every log.")
def key(fresh: bool) -> None:
    """Show the public key that signs checkpoints, as each community's log names it; or rotate it."""
    if fresh:
        try:
            click.echo(f"new key {rotate()}; the old one signed it in every log")
        except LookupError as error:
            raise click.ClickException(f"not rotated: {error}") from None
    for slug in slugs():
        community = community_by_slug(slug)
        known = present_key(community)
        named = known if known is not None and known.public == public_of(seed()) else None
        note = "" if named is not None or known is None else "  (not the key in the file: the next checkpoint says so)"
        click.echo(f"{slug}: {known or 'no checkpoint yet'}{note}")
