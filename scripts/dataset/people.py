"""The first community of a world, its roll, its staff and its residents, made through the services."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.core.transaction import transaction
from app.demo import people as cast
from app.demo.people import TITLES, Home, Town
from app.demo.places import GIVEN, SURNAMES
from app.demo.stage import Stage
from app.people import desk, roll, sign_in
from app.people.actor import Actor
from app.people.communities import create_community, create_town
from app.people.queries import roll_households
from app.people.session import actor_of
from app.people.staff import accept, create_admin, invite
from app.projects.starting import store_method
from scripts.dataset.sizes import Share
from scripts.dataset.words import community

DOMAIN = "qingxi.example"
PASSWORD = "four words about measuring"
SLUG, NAME = community(0)[1], community(0)[0]
NAME_EN = "Compound 0001"
NAMED = 12  # residents who speak up in meetings and teams; they live in the first flats
PER_BUILDING = 24


@dataclass
class Neighbourhood(Town):
    """The one community on the stage, with everybody who lives there."""

    everybody: list[Actor] = field(default_factory=list)
    named: list[str] = field(default_factory=list)

    def crowd(self, slug: str, buildings: Collection[str], n: int, seed: str, but: Sequence[Actor] = ()) -> list[Actor]:
        """``n`` residents by the seed's chance."""
        known = {actor.person_id for actor in but}
        free = [actor for actor in self.everybody if actor.person_id not in known]
        return random.Random(f"crowd of {seed}").sample(free, min(n, len(free)))


def found(stage: Stage) -> Town:
    """What all communities of a world share: the town and its administrator."""
    town = Neighbourhood(stage, PASSWORD)
    town.people["丁敏"] = actor_of(create_admin(f"ding@{DOMAIN}", "丁敏", PASSWORD))
    create_town(
        "清溪镇",
        "Qingxi Town",
        desk_place="镇社区治理服务中心，柳泉路1号二楼",
        desk_hours="周一至周五9:00至11:30、13:30至17:00",
        desk_phone="021-5550 0100",
    )
    return town


def settle(town: Neighbourhood, share: Share) -> None:
    """The first community with its staff; its roll is imported, and its residents sign in with their slips' codes."""
    admin = town.people["丁敏"]
    here = town.communities[SLUG] = create_community(
        admin,
        SLUG,
        name=NAME,
        name_en=NAME_EN,
        address="清溪路188弄",
        about="二十年的小区，老住户和租房的年轻人各一半。",
        desk_place="居委会议事角，1号楼底层",
        desk_hours="每周二、四14:00至16:00",
        desk_phone="021-5550 0188",
        has_owners_committee=True,
        plan="plan-ziteng.svg",
    )
    for name, mail, role in (
        ("陈老师", "chen", "facilitator"),
        ("苏工", "su", "planner"),
        ("罗科", "luo", "department"),
    ):
        secret = invite(admin, email=f"{mail}-{SLUG}@{DOMAIN}", name=name, role=role, community_id=here)
        assert secret is not None
        town.people[name] = actor_of(accept(secret, PASSWORD).id)
        town.stage.pause()
    _import(town, here, share.households)
    _sign_in(town, share.persons)


def _import(town: Neighbourhood, here: int, households: int) -> None:
    dice, lead = random.Random("roll"), town.people["陈老师"]
    rows = [["楼号", "单元", "室号", "户主", "建筑面积", "居住情况"]]
    for n in range(households):
        building, flat = divmod(n, PER_BUILDING)
        area = dice.choice((4850, 5632, 6218, 7345, 8950, 9874, 11206)) + dice.randrange(40)
        holder = dice.choice(SURNAMES) + dice.choice(GIVEN)
        lived = dice.choices(("自住", "出租"), (73, 27))[0]
        room = f"{flat // 4 + 1}{flat % 4 + 1:02d}"
        rows.append([f"{building + 1}号楼", "", room, holder, f"{area // 100}.{area % 100:02d}", lived])
    sent = "\r\n".join(",".join(row) for row in rows).encode("gb18030")
    read = roll.import_file(lead, here, sent, "住户清册.csv")
    if read.state != "ready":
        raise RuntimeError(f"the roll was refused: {read.problem} {read.bad[:3]}")
    roll.confirm(lead, read.public_id, gone=False)
    listed = {(row[0], row[2]): row for row in rows[1:]}
    town.homes[SLUG] = {}
    for item in roll_households(here):
        row = listed[f"{item.building}号楼", item.room]
        address = f"{item.building}-{item.room}"
        town.homes[SLUG][address] = Home(address, item.building, item.id, row[3][0], row[5])
    town.codes.update(desk.issue_many(lead, here))


def _sign_in(town: Neighbourhood, persons: int) -> None:
    dice, homes = random.Random("residents"), list(town.homes[SLUG].values())
    least, more = divmod(persons, len(homes))
    ids = []
    for start in range(0, len(homes), 50):
        with transaction() as tx:
            for n, home in enumerate(homes[start : start + 50], start):
                town.stage.clock.advance(20_000)
                tx = tx.later()
                code = sign_in.check_code(town.codes[home.household_id], f"dataset {home.address}")
                for k in range(least + (n < more)):
                    called = home.surname + dice.choice(GIVEN)
                    if n < NAMED and k == 0:
                        free = [home.surname + title for title in TITLES if home.surname + title not in town.named]
                        called = dice.choice(free)
                        town.named.append(called)
                    _, person, _ = sign_in.pair(code, person_public_id=None, name=called, label="WeChat")
                    ids.append((person.id, called))
    for person_id, called in ids:
        actor = actor_of(person_id)
        town.everybody.append(actor)
        if called in town.named:
            town.people[called] = actor


@contextmanager
def known(town: Neighbourhood) -> Iterator[None]:
    """Let the parts of the demonstration know those who speak up, for as long as this world is played."""
    homes = list(town.homes[SLUG].values())
    mine = {name: (SLUG, homes[n].address, False) for n, name in enumerate(town.named)}
    before = dict(cast.RESIDENTS)
    cast.RESIDENTS.update(mine)
    try:
        yield
    finally:
        cast.RESIDENTS.clear()
        cast.RESIDENTS.update(before)  # some are called as somebody of the demonstration is


def methods(source: str) -> str:
    """Store the method of this world: the usual one, but each person is asked and not each household."""
    return store_method(source.replace('electorate = "household"', 'electorate = "person"'))
