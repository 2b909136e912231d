"""What the command line does with people: the roll, and the first set-up."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from app.engine.errors import DomainError
from app.people import roll as rolls
from app.people.communities import create_community, create_town
from app.people.queries import community_by_slug, facilitators_of
from app.people.session import actor_of
from app.people.staff import create_admin, invite

roll = AppGroup("roll", help="Rolls of households.")


@roll.command("import")
@click.argument("community")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Apply it; without, only say what it would change.")
@click.option("--gone", is_flag=True, help="End the households that are no longer in the file.")
def import_roll(community: str, file: Path, yes: bool, gone: bool) -> None:
    """Import a COMMUNITY's roll of households from FILE (xlsx, xls, ods, csv). All or nothing."""
    try:
        here = community_by_slug(community)
        staff = facilitators_of(here.id)
        if not staff:
            raise click.ClickException("this community has no facilitator yet, in whose name the roll is imported")
        actor = actor_of(staff[0].id)
        row = rolls.import_file(actor, here.id, file.read_bytes(), file.name)
    except DomainError as error:
        raise click.ClickException(str(error.message)) from None
    if row.state == "refused":
        click.echo(str(rolls.plain_to_phrase(row.problem or {"msgid": "", "values": {}})))
        for item in row.bad:
            click.echo(f"line {item['line']}: {rolls.plain_to_phrase(item['problem'])}  {item['cells']}")
        raise SystemExit(1)
    click.echo(f"{row.added} added, {row.changed} changed, {row.gone} gone, {row.same} the same")
    if yes:
        rolls.confirm(actor, row.public_id, gone=gone)
        click.echo("applied")


def setup_town(town: str, slug: str, community: str, email: str, name: str, password: str) -> None:
    """The town, its first community and its first administrator, who is also the community's first facilitator."""
    person_id = create_admin(email, name, password)
    create_town(town)
    community_id = create_community(None, slug, name=community)
    invite(actor_of(person_id), email=email, name=name, role="facilitator", community_id=community_id)
