"""The cast: who works for the town, and which of its residents are known by name."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from app.core.ids import new_public_id
from app.core.media import Upload
from app.demo.places import PLACES, Place, roll_of
from app.demo.stage import Stage
from app.people import desk, roll, sign_in
from app.people.actor import Actor
from app.people.communities import create_community, create_town
from app.people.queries import roll_households
from app.people.session import actor_of
from app.people.staff import accept, create_admin, invite

DOMAIN = "qingxi.example"


@dataclass(frozen=True)
class Staff:
    """A member of the staff: the name that neighbours use, the local part of the address, the role, and where."""

    name: str
    mail: str
    role: str
    slugs: tuple[str, ...]


EVERYWHERE = ("ziteng", "guixiang", "hefeng")
ADMIN = Staff("丁敏", "ding", "administrator", ())
STAFF = (
    Staff("陈老师", "chen", "facilitator", ("ziteng",)),
    Staff("小唐", "tang", "facilitator", ("ziteng",)),
    Staff("顾老师", "gu", "facilitator", ("guixiang",)),
    Staff("贺站长", "he", "facilitator", ("hefeng",)),
    Staff("苏工", "su", "planner", EVERYWHERE),
    Staff("罗科", "luo", "department", EVERYWHERE),
    Staff("高远", "gao", "observer", ("ziteng",)),
    Staff("邵伯", "shao", "inspector", ("ziteng",)),
)

# Residents by community and address. Those who show their names are marked.
RESIDENTS: dict[str, tuple[str, str, bool]] = {
    "张阿姨": ("ziteng", "6-802", True),
    "周师傅": ("ziteng", "5-1003", True),
    "小林": ("ziteng", "7-403", True),
    "程老师": ("ziteng", "6-1003", False),
    "陶叔": ("ziteng", "5-802", True),
    "郑小姐": ("ziteng", "6-902", False),
    "姜女士": ("ziteng", "7-101", False),
    "许师傅": ("ziteng", "5-502", False),
    "宋大姐": ("ziteng", "7-404", True),
    "小吴": ("ziteng", "6-701", False),
    "贺伯": ("ziteng", "8-404", True),
    "白药师": ("ziteng", "8-1003", True),
    "魏爸爸": ("ziteng", "7-904", False),
    "蔡姐": ("ziteng", "8-303", True),
    "丁阿姨": ("ziteng", "8-703", False),
    "石阿姨": ("ziteng", "7-501", False),
    "钟阿姨": ("ziteng", "5-203", False),
    "邓师傅": ("ziteng", "6-202", False),
    "小朱": ("ziteng", "6-602", False),
    "雷老伯": ("ziteng", "7-903", False),
    "赵妈妈": ("ziteng", "11-203", False),
    "郭爸爸": ("ziteng", "11-303", False),
    "雷妈妈": ("ziteng", "3-304", False),
    "孟外婆": ("ziteng", "3-102", False),
    "武先生": ("ziteng", "4-101", False),
    "史阿姨": ("ziteng", "12-202", True),
    "蒋伯": ("ziteng", "12-102", True),
    "陆老师": ("ziteng", "12-303", False),
    "小刘": ("ziteng", "12-504", False),
    "梁阿姨": ("ziteng", "12-401", False),
    "梁师傅": ("ziteng", "9-301", True),
    "朱师傅": ("ziteng", "10-202", False),
    "秦女士": ("ziteng", "9-602", False),
    "邵阿姨": ("ziteng", "10-401", True),
    "小崔": ("ziteng", "9-403", False),
    "陈伯": ("guixiang", "3-402", True),
    "薛阿婆": ("guixiang", "3-101", False),
    "卢师傅": ("guixiang", "3-102", False),
    "卢老师": ("guixiang", "3-602", True),
    "小严": ("guixiang", "3-601", False),
    "刘阿姨": ("guixiang", "3-501", False),
    "丁先生": ("guixiang", "3-302", False),
    "贺阿姨": ("guixiang", "1-301", True),
    "金老师": ("guixiang", "5-301", True),
    "任师傅": ("guixiang", "4-102", False),
    "小龙": ("guixiang", "2-201", False),
    "何爷爷": ("guixiang", "4-502", False),
    "王师傅": ("hefeng", "1-1-301", True),
    "吕师傅": ("hefeng", "30-1-101", False),
    "杜小姐": ("hefeng", "30-1-103", False),
    "张老师": ("hefeng", "14-1-102", True),
    "姚师傅": ("hefeng", "14-3-302", False),
    "林阿姨": ("hefeng", "13-1-101", False),
    "唐小姐": ("hefeng", "15-2-501", False),
    "周大爷": ("hefeng", "15-2-203", True),
    "韦妈妈": ("hefeng", "14-3-301", False),
}
# Households that have not signed in yet, whose slips are printed for whoever tries the demonstration.
NOBODY_YET = frozenset({("ziteng", "5-403")})
TITLES = ("阿姨", "叔叔", "老师", "师傅", "先生", "女士", "大姐", "老伯")
BROWSERS = ("WeChat", "WeChat", "Android", "iPhone", "")


@dataclass(frozen=True)
class Home:
    """A household of a roll: its address as ``6-802``, building, householder's family name, and whether it is let."""

    address: str
    building: str
    household_id: int
    surname: str
    occupancy: str


@dataclass
class Town:
    """The town on the stage: communities, homes, the codes of their slips, and everybody who has acted so far."""

    stage: Stage
    password: str
    communities: dict[str, int] = field(default_factory=dict)
    homes: dict[str, dict[str, Home]] = field(default_factory=dict)
    codes: dict[int, str] = field(default_factory=dict)
    people: dict[str, Actor] = field(default_factory=dict)
    paired: dict[tuple[str, str], Actor] = field(default_factory=dict)
    pictures: dict[str, Upload | str] = field(default_factory=dict)

    def who(self, name: str) -> Actor:
        """Somebody of the cast by name; a resident signs in with the slip's code when first needed."""
        if name not in self.people:
            slug, address, shows = RESIDENTS[name]
            actor = self.people[name] = self.resident(slug, address, name)
            if shows:
                sign_in.show_name(actor, True)
        return self.people[name]

    def resident(self, slug: str, address: str, name: str = "") -> Actor:
        """The resident of a household, paired through the slip's code the first time."""
        if (slug, address) not in self.paired:
            known = next((key for key, (s, a, _) in RESIDENTS.items() if (s, a) == (slug, address)), "")
            if known and not name:
                return self.who(known)
            home, dice = self.homes[slug][address], random.Random(f"{slug} {address}")
            let = home.occupancy == "出租" and dice.random() < 0.8
            called = name or (f"小{home.surname}" if let else home.surname + dice.choice(TITLES))
            self.paired[slug, address] = self.join(home, called, dice.choice(BROWSERS))
        return self.paired[slug, address]

    def join(self, home: Home, name: str, browser: str = "WeChat") -> Actor:
        """Somebody of a household signs in with its code, from an address of their own."""
        code = sign_in.check_code(self.codes[home.household_id], f"demonstration {home.address} {name}")
        _, person, _ = sign_in.pair(code, person_public_id=None, name=name, label=browser)
        return actor_of(person.id)

    def crowd(self, slug: str, buildings: Collection[str], n: int, seed: str, but: Sequence[Actor] = ()) -> list[Actor]:
        """``n`` residents of some buildings: much the same people each time, in an order that the seed gives."""
        known = {actor.household_id for actor in but}
        homes = [
            home
            for home in self.homes[slug].values()
            if (not buildings or home.building in buildings)
            and home.occupancy != "空关"
            and home.household_id not in known
            and (slug, home.address) not in NOBODY_YET
        ]
        random.Random(f"neighbours of {slug}").shuffle(homes)
        eager = homes[: n + n // 4 + 1]
        random.Random(f"crowd of {seed}").shuffle(eager)
        return [self.resident(slug, home.address) for home in eager[:n]]


def found_town(stage: Stage) -> Town:
    """Set the town up with its communities and staff, and import the rolls."""
    town = Town(stage, f"{new_public_id()[:4]}-{new_public_id()[:4]}".lower())
    admin = actor_of(create_admin(f"{ADMIN.mail}@{DOMAIN}", ADMIN.name, town.password))
    town.people[ADMIN.name] = admin
    create_town(
        "清溪镇",
        "Qingxi Town",
        desk_place="镇社区治理服务中心，柳泉路1号二楼",
        desk_hours="周一至周五9:00至11:30、13:30至17:00",
        desk_phone="021-5550 0100",
    )
    for place in PLACES:
        town.communities[place.slug] = create_community(
            admin,
            place.slug,
            name=place.name,
            name_en=place.name_en,
            address=place.address,
            about=place.about,
            desk_place=place.desk_place,
            desk_hours=place.desk_hours,
            desk_phone=place.desk_phone,
            has_owners_committee=place.has_owners_committee,
            plan=f"plan-{place.slug}.svg",
        )
        stage.pause()
    for member in STAFF:
        _hire(town, admin, member)
        stage.pause()
    for place in PLACES:
        _move_in(town, place)
        stage.pause(20)
    return town


def _hire(town: Town, admin: Actor, member: Staff) -> None:
    for slug in member.slugs:
        secret = invite(
            admin,
            email=f"{member.mail}@{DOMAIN}",
            name=member.name,
            role=member.role,
            community_id=town.communities[slug],
        )
        if secret:
            person_id = accept(secret, town.password).id
    town.people[member.name] = actor_of(person_id)


def _move_in(town: Town, place: Place) -> None:
    """Import the roll as the property company sent it, and print the slips."""
    lead = town.people[next(member.name for member in STAFF if place.slug in member.slugs)]
    rows = roll_of(place)
    sent = "\r\n".join(",".join(row) for row in rows).encode("gb18030")
    read = roll.import_file(lead, town.communities[place.slug], sent, f"{place.name}住户清册.csv")
    if read.state != "ready":
        raise RuntimeError(f"the roll of {place.slug} was refused: {read.problem} {read.bad[:3]}")
    roll.confirm(lead, read.public_id, gone=False)
    listed = {(row[0], row[1], row[2]): row for row in rows[1:]}
    homes = town.homes[place.slug] = {}
    for item in roll_households(town.communities[place.slug]):
        row = listed[f"{item.building}号楼", f"{item.entrance}单元" if item.entrance else "", item.room]
        address = "-".join(part for part in (item.building, item.entrance, item.room) if part)
        homes[address] = Home(address, item.building, item.id, row[3][0], row[5])
    town.codes.update(desk.issue_many(lead, town.communities[place.slug]))
