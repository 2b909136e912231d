"""E-mail addresses, a delivery that is uncertain, and a group that is told, in the town of the permission table."""

from __future__ import annotations

from sqlalchemy import select

from app.core.delivery import Delivery
from app.core.transaction import transaction
from app.notifications import groups, links
from app.notifications.models import MailAddress
from app.people.models import Person
from tests.permission_town import World, role_of


def post_office(world: World, slug: str) -> None:
    """What the pages of e-mail and of groups are asked on."""
    here, lead = world.communities[slug], world.actors[role_of(slug, "facilitator")]
    group = groups.add(lead, here, "wecom", "业主群", "https://robot.example.org/send?key=one", "zh_Hans")
    world.place(slug, "group", public_id=group)
    with transaction() as tx:
        waits = tx.session.scalars(select(Person.id).where(Person.email == f"colleague_{slug}@example.org")).one()
        rows = {who: _address(tx.now, actor.person(), who) for who, actor in world.actors.items() if who != "both"}
        rows = rows if slug == "ziteng" else {}
        asked = _address(tx.now, waits, f"waits-{slug}")
        asked.confirmed_at = None
        stops = _address(
            tx.now,
            tx.session.scalars(select(Person.id).where(Person.email == f"guest_{slug}@example.org")).one(),
            f"stops-{slug}",
        )
        sent = Delivery(
            key=f"made:{slug}",
            community_id=here,
            channel="email",
            purpose="news",
            person_id=waits,
            shown="c***@example.org",
            state="uncertain",
            error="interrupted",
            attempts=1,
            next_at=tx.now,
            created_at=tx.now,
        )
        tx.session.add_all([asked, stops, sent, *rows.values()])
        tx.session.flush()
        world.place(slug, "delivery", public_id=sent.public_id)
        for name, row in (("confirm", asked), ("stop", stops)):
            world.place(slug, f"mail_{name}", public_id=row.public_id, token=links.token(name, row))


def _address(now: int, person_id: int, name: str) -> MailAddress:
    return MailAddress(
        person_id=person_id,
        address=f"{name}@example.net",
        nonce="n" * 16,
        language="zh_Hans",
        choice="daily",
        asked_at=now,
        confirmed_at=now,
        since=now,
        next_at=now,
    )
