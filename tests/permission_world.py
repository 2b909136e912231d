"""A town with one of everything, twice: what the table of permissions is asked on.

Both communities are furnished alike, so that an object of one can be asked for under the other's address.
"""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select, update

from app.ballots import counts, matters
from app.ballots import service as ballots
from app.comments import service as comments
from app.comments.models import Talk
from app.core.clock import DAY, HOUR, FixedClock
from app.core.database import db
from app.core.media import Upload, keep, name_upload
from app.core.outbox import tell
from app.core.transaction import transaction
from app.engine.sheets import serial
from app.notices import service as notices
from app.notices.models import Notice
from app.paper import service as paper
from app.people import communities, desk, rings, roll, staff
from app.people.actor import Actor
from app.people.codes import code_mac
from app.people.communities import create_community, create_town
from app.people.models import Device, Household, HouseholdCode, Person, RoleGrant
from app.people.places import Building, Entrance, Unit
from app.people.session import actor_of
from app.projects import service as projects
from app.projects.models import ActivityRun, Project
from app.proposals import service as proposals
from app.proposals.service import Words
from app.records.models import Record
from app.registers import service as registers
from tests.conftest import QUICK
from tests.permission_ballots import on_paper, owners_votes, prove, raised_objection
from tests.permission_meetings import held_meetings
from tests.permission_method import method_text
from tests.permission_notices import around_notices
from tests.permission_post import post_office
from tests.permission_security import security
from tests.permission_town import REASON, SLUGS, World, actor_by, role_of
from tests.sign_ins import refresh, staff_user

PASSWORD = "three words in a row"
HASH = QUICK.hash(PASSWORD)
OBJECTION = {
    "stance": "objection",
    "kind": "harm",
    "passage": "第一条",
    "reason": "种植箱压上去，防水层会坏，楼下三户人家去年就漏过水，修都没有办法修，请改一改。",
    "grounds": "去年漏过",
}
ROSTER = {"name": "李叔", "ring": "residents", "role": "联络", "conflict": "none"}


def build(app: Flask, clock: FixedClock) -> World:
    """The town at the instant at which everything can be asked."""
    world = World(app, clock)
    with app.test_request_context():  # gates write addresses
        admin = world.actors["administrator"] = _staff(world, "administrator", None, "administrator")
        create_town("清溪镇", desk_place="镇便民中心", desk_hours="工作日", desk_phone="5550 0000")
        world.method = projects.store_method(method_text())
        for slug in SLUGS:
            world.at[slug] = {}
            world.communities[slug] = create_community(
                admin, slug, name=slug, desk_place="议事角", desk_hours="周二", desk_phone="5550 0188"
            )
            world.place(slug, "community")
            _people(world, slug)
        both = _staff(world, "both", world.communities["ziteng"], "facilitator")
        staff.invite(
            admin, email="both@example.org", name="both", role="facilitator", community_id=world.communities["guixiang"]
        )
        world.actors["both"] = actor_of(both.person())
        first = {slug: _begin(world, slug) for slug in SLUGS}
        clock.advance(2 * DAY + HOUR)
        for slug in SLUGS:
            author = world.actors[role_of(slug, "author")]
            ballots.cast(author, first[slug], OBJECTION, once="objection")
            passed = world.at[slug]["poll_vote_passed"]["public_id"]
            for who in ("author", "neighbour"):
                ballots.cast(world.actors[role_of(slug, who)], passed, {"stance": "consent"}, once=who)
            on_paper(world, slug)
            ballots.cast(world.actors[role_of(slug, "neighbour")], first[slug], {"stance": "consent"}, once="consent")
        clock.advance(2 * DAY)
        for slug in SLUGS:
            _furnish(world, slug)
        for slug in SLUGS:
            prove(world, slug, first[slug])
        world.secret = staff.invite(
            admin, email="new@example.org", name="新人", role="observer", community_id=world.communities["ziteng"]
        )
        with transaction() as tx:
            tx.session.execute(update(Device).values(seen_at=tx.now))  # today already: no request notes it again
            for actor in world.actors.values():
                tell(tx, [actor.person()], "device.paired", data={"name": "李叔", "label": "Android"}, href="/me")
        refresh()
    return world


def _staff(world: World, name: str, community_id: int | None, role: str) -> Actor:
    with transaction() as tx:
        person = Person(name=name, email=f"{name}@example.org", password=HASH, created_at=tx.now)
        tx.session.add(person)
        tx.session.flush()
        tx.session.add(RoleGrant(person_id=person.id, community_id=community_id, role=role, at=tx.now))
        tx.session.flush()
        world.users[name] = staff_user(person.id)
        return actor_of(person.id)


def _people(world: World, slug: str) -> None:
    """Staff of every role, a household of two, one of a neighbour, and one without a code."""
    here = world.communities[slug]
    roles = ["facilitator"] if slug != SLUGS[0] else ["facilitator", "planner", "department", "observer", "inspector"]
    for role in roles:
        world.actors[role_of(slug, role)] = _staff(world, role_of(slug, role), here, role)
    _staff(world, f"colleague_{slug}", here, "facilitator")
    _staff(world, f"guest_{slug}", here, "observer")
    with transaction() as tx:
        building = Building(community_id=here, label="5", sort=5)
        tx.session.add(building)
        tx.session.flush()
        entrance = Entrance(community_id=here, building_id=building.id, label="")
        tx.session.add(entrance)
        tx.session.flush()
        world.place(slug, "entrance", id=entrance.id)
        for room, names in (("101", ("author", "partner")), ("102", ("neighbour",)), ("103", ())):
            unit = Unit(community_id=here, entrance_id=entrance.id, room=room, floor_area=8000, occupancy="owner")
            tx.session.add(unit)
            tx.session.flush()
            household = Household(community_id=here, unit_id=unit.id, since=tx.now)
            tx.session.add(household)
            tx.session.flush()
            world.place(slug, f"household{room}", public_id=household.public_id)
            _residents(world, slug, household, names)


def _residents(world: World, slug: str, household: Household, names: tuple[str, ...]) -> None:
    with transaction() as tx:
        if not names:
            return
        code = HouseholdCode(
            community_id=household.community_id,
            household_id=household.id,
            mac=code_mac(f"{slug}{household.id}"),
            issued_at=tx.now,
            expires_at=tx.now + 365 * DAY,
        )
        tx.session.add(code)
        tx.session.flush()
        if slug == SLUGS[0]:
            world.code, world.code_id = f"{slug}{household.id}", code.id
        for name in names:
            person = Person(name="张阿姨", household_id=household.id, created_at=tx.now)
            tx.session.add(person)
            tx.session.flush()
            device = Device(
                community_id=household.community_id,
                household_id=household.id,
                person_id=person.id,
                code_id=code.id,
                paired_at=tx.now,
            )
            tx.session.add(device)
            tx.session.flush()
            world.users[role_of(slug, name)] = f"device:{device.public_id}"
            world.actors[role_of(slug, name)] = actor_of(person.id)
            world.place(slug, f"device_{name}", public_id=device.public_id)


def _start(world: World, slug: str, name: str) -> str:
    lead = world.actors[role_of(slug, "facilitator")]
    public_id = projects.start_project(
        lead, world.communities[slug], title=name, place="平台", summary="花园", method_public_id=world.method
    )
    world.place(slug, name, public_id=public_id)
    world.place(slug, f"{name}_second", public_id=public_id, step="second")
    world.place(slug, f"{name}_step", public_id=public_id, step="first")
    world.place(slug, f"{name}_gate", public_id=public_id, gate="asked")
    return public_id


def _begin(world: World, slug: str) -> str:
    """Four projects, and two votes announced in the first; returns the one that will be over."""
    lead = world.actors[role_of(slug, "facilitator")]
    for name in ("running", "ready", "done", "paused"):
        public_id = _start(world, slug, name)
        if name in ("ready", "done"):
            projects.sign_off(lead, public_id, "asked", holds=True, note=REASON)
        if name == "done":
            projects.close_step(lead, public_id)
        if name == "paused":
            projects.pause(lead, public_id, REASON)
    rows = db.session.execute(
        select(ActivityRun.key, ActivityRun.public_id)
        .join(Project, Project.id == ActivityRun.project_id)
        .where(Project.public_id == world.at[slug]["running"]["public_id"])
    ).all()
    for key, public_id in rows:
        world.place(slug, key, public_id=public_id)
        world.place(slug, f"{key}_dates", public_id=world.at[slug]["running"]["public_id"], activity=public_id)
    polls = {}
    days_open = {"vote": 7, "vote_cast": 7, "vote_over": 1, "vote_passed": 1, "vote_to_come": 0, "vote_paper": 1}
    for key, days in days_open.items():
        activity = world.at[slug][key]["public_id"]
        ballots.save_draft(lead, activity, key, f"{key}：先试一年。")
        if days:
            opens = world.clock.now() + 2 * DAY
            polls[key] = ballots.announce(lead, activity, opens, opens + days * DAY)
            world.place(slug, f"poll_{key}", public_id=polls[key])
    owners_votes(world, slug, lead)
    for key in ("vote", "vote_paper"):
        paper.issue(lead, polls[key], count=3)
        world.place(slug, f"sheet_{key}", public_id=polls[key], serial=serial(polls[key], 1))
    return polls["vote_over"]


def _furnish(world: World, slug: str) -> None:
    raised_objection(world, slug)
    lead, author = world.actors[role_of(slug, "facilitator")], world.actors[role_of(slug, "author")]
    _proposals(world, slug, author, lead)
    _comments(world, slug, author, lead)
    _notices(world, slug, author, lead)
    held_meetings(world, slug, author, lead)
    entry = registers.add(lead, world.at[slug]["team"]["public_id"], "members", ROSTER)
    world.place(slug, "entry", public_id=entry)
    world.place(slug, "section", public_id=world.at[slug]["team"]["public_id"], section="members")
    record = db.session.scalars(select(Record).where(Record.community_id == world.communities[slug])).one()
    world.place(slug, "record", public_id=record.public_id)
    done = world.at[slug]["done"]["public_id"]
    world.place(slug, "done_record", public_id=done, step="first", attempt=1)
    over = world.at[slug]["poll_owners_over"]["public_id"]
    objection = counts.object_to(author, over, "少数了一户的面积，请重新点一遍。")
    world.place(slug, "count_objection", public_id=over, objection=objection)
    paper = matters.authorise(
        world.actors["administrator"],
        slug,
        "区房管局",
        "沪房1号",
        "2026-03-01",
        Upload("document", "application/pdf", keep(b"%PDF-1.4 law"), None, 0, 0, 12, "law.pdf"),
    )
    world.place(slug, "authorisation", public_id=paper)
    _office(world, slug, lead)
    post_office(world, slug)
    security(world, slug)
    _media(world, slug, author)
    ballots.cast(author, world.at[slug]["poll_vote_cast"]["public_id"], {"stance": "abstain"}, once="cast")


def _proposals(world: World, slug: str, author: Actor, lead: Actor) -> None:
    ideas = world.at[slug]["ideas"]["public_id"]
    for name in ("proposal", "accepted", "draft"):
        public_id = proposals.save_draft(author, ideas, Words(name, f"{name}的正文，说说为什么。"))
        world.place(slug, name, public_id=public_id)
        if name != "draft":
            proposals.submit(author, public_id)
    proposals.answer(lead, world.at[slug]["accepted"]["public_id"], "accepted", REASON)


def _comments(world: World, slug: str, author: Actor, lead: Actor) -> None:
    def talk_of(subject: str) -> str:
        return str(db.session.scalars(select(Talk.public_id).where(Talk.subject == subject)).one())

    talk = talk_of(f"activity:{world.at[slug]['talk']['public_id']}")
    below = talk_of(f"proposal:{world.at[slug]['proposal']['public_id']}")
    world.place(slug, "talk_write", public_id=talk)
    world.place(slug, "talk_below_write", public_id=below)
    colleague = actor_by(f"colleague_{slug}@example.org")
    for name in ("comment", "hidden", "appealed"):
        posted = comments.post(author, talk, "question", f"这是{name}的话", once=name)
        world.place(slug, name, public_id=posted)
        world.place(slug, f"{name}_report", public_id=posted, act="report")
        world.place(slug, f"{name}_hide", public_id=posted, act="hide")
        world.place(slug, f"{name}_appeal", public_id=posted, act="appeal")
        if name != "comment":
            comments.hide(colleague, posted, REASON)
        if name == "appealed":
            comments.appeal(author, posted, REASON)
    asked = comments.post(author, below, "question", "多少钱？", once="asked")
    world.place(slug, "reply", public_id=comments.post(lead, below, "support", "三万。", parent=asked, once="reply"))


def _notices(world: World, slug: str, author: Actor, lead: Actor) -> None:
    for key in ("board", "board_to_come"):
        notices.save_draft(lead, world.at[slug][key]["public_id"], key, "会议", "张榜的内容。")
    notices.post(lead, world.at[slug]["board"]["public_id"])
    hung = db.session.scalars(
        select(Notice.public_id).where(Notice.community_id == world.communities[slug], Notice.posted_at.is_not(None))
    ).one()
    world.place(slug, "complaint", public_id=notices.complain(author, hung, "花箱挡住了消防通道，请挪开。", once="c"))
    around_notices(world, slug, lead)


def _office(world: World, slug: str, lead: Actor) -> None:
    """An import that waits, owners, a role to end, a member of the staff to let go."""
    here = world.communities[slug]
    waiting = roll.import_file(
        lead, here, "楼号,室号,面积\n5,101,80\n5,102,80\n5,103,80\n5,104,90\n".encode(), "roll.csv"
    )
    world.place(slug, "import", public_id=waiting.public_id)
    units = [desk.find_households(lead, here, typed)[0][0].unit_id for typed in ("5-101", "5-102")]
    owners = [
        communities.add_owner(lead, here, "王五", [db.session.get_one(Unit, unit).public_id], "产证") for unit in units
    ]
    world.place(slug, "owners", first=owners[0], second=owners[1])
    for name in ("guest", "colleague"):
        person = actor_by(f"{name}_{slug}@example.org")
        grant = db.session.scalars(select(RoleGrant.id).where(RoleGrant.person_id == person.person_id)).one()
        world.place(slug, f"{name}_grant", grant_id=grant)
        world.place(slug, name, public_id=person.public_id)
    guest = db.session.scalars(select(Person).where(Person.email == f"guest_{slug}@example.org")).one()
    rings.put_in_ring(lead, here, guest.public_id, "lead", ("lead",))
    world.place(slug, "ring_member", member_id=rings.ring_members(here)[0][0].id)


def _media(world: World, slug: str, author: Actor) -> None:
    sha256 = keep(b"%PDF-1.4 a paper")
    upload = Upload("document", "application/pdf", sha256, None, 0, 0, 16, "paper.pdf")
    for visibility in ("public", "members", "staff"):
        with transaction() as tx:
            row = name_upload(
                tx, upload, community_id=world.communities[slug], person_id=author.person(), visibility=visibility
            )
            world.place(slug, f"media_{visibility}", public_id=row.public_id, extension="pdf")
