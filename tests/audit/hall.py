"""A second furnished community: the objection desk, adoption and review, owners on paper and on the screen."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from app.ballots import counts, ends, mandates, matters
from app.ballots import service as ballots
from app.ballots.models import Objection, RollEntry
from app.core.clock import DAY, HOUR, FixedClock
from app.core.media import Upload, keep
from app.objections import service as desk
from app.objections.models import Seat
from app.paper import service as paper
from app.people.communities import create_community
from app.proof.links import delete_due
from tests.ballots.owners import REASON, admin_of, each_owns, opened, own, upload
from tests.ballots.test_ballots_inspectors import FAULT, announce
from tests.ballots.world import OBJECTION, World, build
from tests.paper.desk import Desk, add_staff

WHY = "防水去年已经重做过，验收单在物业那里，漏水的事不会再有，这条反对意见站不住脚，请大家看看。"
ONE_ROUND = 'rule = "consent", electorate = "household", rounds = 1'
OWNERS = 'rule = "owners", electorate = "owner", paper = "last"'


def furnish(app: Flask, clock: FixedClock) -> World:
    """All that the objection desk, the law and paper store."""
    world = build(app, clock, 10)
    with world.here():
        create_community(None, "guixiang", name="桂香苑")
    _weighed_and_adopted(world)
    _narrowed(world)
    _owners(world)
    return world


def _weighed_and_adopted(world: World) -> None:
    """An objection that a panel finds a concern; what passed is adopted, looked at again, and its links end."""
    poll = world.open()
    world.cast(0, poll, **OBJECTION)
    for who in range(1, 9):
        world.cast(who, poll)
    with world.here():
        ballots.dispute(world.residents[8], poll)
    world.close(poll)
    with world.here() as session:
        ballots.settle_due()
        objection = session.scalars(select(Objection.public_id)).one()
        desk.write(world.residents[0], objection, "我在家，可以上门看。")
        desk.disagree(world.residents[1], objection, WHY)
        desk.disagree(world.facilitator, objection, WHY)
        for who in world.residents[2:7]:
            desk.be_willing(who, objection)
    world.clock.advance(48 * HOUR)
    with world.here():
        desk.close_list(world.facilitator, objection)
        world.clock.advance(HOUR)
        desk.draw(world.facilitator, objection, "4 1 2 3 5 6")
    world.clock.advance(HOUR)
    with world.here() as session:
        seats = session.scalars(select(Seat.person_id).order_by(Seat.number)).all()
        for person in seats[:2]:
            desk.say(next(who for who in world.residents if who.person_id == person), objection, False, WHY)
    world.adopt()
    world.clock.advance(181 * DAY)
    with world.here():
        ends.review(world.facilitator, world.activity, "花开得好，水没有漏。")
        assert delete_due(0) == 1


def _narrowed(world: World) -> None:
    """A decision that is stuck after its only round, in which one inspector found a fault, and is narrowed."""
    world.start(ONE_ROUND, "只一轮")
    poll = announce(world, ("张阿姨 6号楼1单元102室", "张阿姨 6号楼1单元103室", "张阿姨 6号楼1单元104室"))
    world.clock.advance(2 * DAY)
    world.cast(0, poll, **OBJECTION)
    for who in range(1, 7):
        world.cast(who, poll)
    world.close(poll)
    world.clock.advance(3 * DAY)
    with world.here():
        ballots.find_fault(world.residents[1], poll, FAULT)
        ends.leave(world.facilitator, world.activity, "narrow", "谈不拢，先收窄范围。")


def _owners(world: World) -> None:
    """Owners by the law, on paper and on the screen: mandates, a preliminary count, a correction, the final count."""
    admin = admin_of(world)
    world.start(OWNERS, title="平台改用途")
    each_owns(world)
    for room in ("107", "108", "109", "110"):
        own(world, room, name=f"业主{room}")
    with world.here():
        first = matters.authorise(admin, world.slug, "区房管局", "沪房〔2026〕1号", "2026-03-01", upload())
        matters.authorise(admin, world.slug, "区房管局", "沪房〔2026〕2号", "2026-03-02", upload())
        matters.revoke(admin, world.slug, first, REASON)
    poll = opened(world, "use_funds")
    at = Desk(world, poll, [world.facilitator, *add_staff(world)])
    with world.here() as session:
        query = select(RollEntry.label, RollEntry.id).where(RollEntry.owner_id.is_not(None))
        entries = {label.removesuffix("室")[-3:]: entry for label, entry in session.execute(query)}
        given = mandates.give(world.facilitator, poll, entries["105"], "6-101", "张阿姨", "书面委托", upload())
        mandates.revoke(world.facilitator, poll, given)
        mandates.give(world.facilitator, poll, entries["105"], "6-101", "张阿姨", "书面委托，本人签名", upload())
        paper.issue(world.facilitator, poll, count=5)
        paper.issue(world.facilitator, poll, to="6-106")
        paper.name_helper(world.facilitator, poll, at.staff[1].public_id)
        paper.name_helper(world.facilitator, poll, at.staff[2].public_id)
        paper.name_helper(world.facilitator, poll, at.staff[2].public_id, ends=True)
    for who in (0, 5):
        world.cast(who, poll, "yes")
    world.clock.advance(HOUR)
    for number, room in ((1, "6-102"), (2, "6-103"), (3, "6-104")):
        at.both(number, room)
    at.both(4, choice="9")
    with world.here():
        sha256 = keep(b"%PDF-1.4 a sheet")
        scan = Upload("document", "application/pdf", sha256, None, 0, 0, 16, "sheet.pdf")
        paper.attach(world.facilitator, poll, at.serial(1), scan)
    world.close(poll)
    rooms = {at.serial(number): f"6-10{number + 1}" for number in (1, 2, 3)}
    with world.here():
        paper.fix(world.facilitator, poll)
        paper.throw(world.facilitator, poll, "31662")
    for serial, room in rooms.items():
        assert at.compare(serial, room)
    with world.here():
        ballots.settle_due()
        objection = counts.object_to(world.residents[5], poll, REASON)
        world.clock.advance(HOUR)
        counts.answer(world.facilitator, poll, objection, "当众重新点过，一致。二〇二六年三月。")
        paper.reopen(world.facilitator, poll, at.serial(1), "102的纸上勾的是不同意。")
    at.both(1, "6-102", "2")
    world.clock.advance(7 * DAY)
    with world.here():
        counts.finalise(world.facilitator, poll)
