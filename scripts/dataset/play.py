"""What happens in the first community: ten projects in all steps, played through the services; then one more, a big one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import func, select

from app.ballots.models import Ballot
from app.comments.models import Comment, Talk
from app.core.database import db
from app.demo import steps
from app.demo.parts import Idea, Meeting, Member, Said
from app.demo.scene import Ballot as Given
from app.demo.scene import Scene
from app.demo.stage import Story
from app.people.actor import Actor
from app.proposals import service as proposals
from scripts.dataset import bulk, words
from scripts.dataset.people import SLUG, Neighbourhood
from scripts.dataset.sizes import Share

STEPS = ("topic", "team", "needs", "plan", "budget", "delivery", "stewardship", "kept", "kept", "kept")
POLLS = 11  # one is open, the others closed: of the plans of seven projects, and of four conventions
LATER = {"topic": 0, "team": 12, "needs": 26, "plan": 24, "budget": 66, "delivery": 96, "stewardship": 130, "kept": 170}
DONE = "大家的事，地方归业主共用，不在负面清单上。"


@dataclass
class Busy(Scene):
    """A scene in which many more act than its story names."""

    share: Share = field(default_factory=Share)
    number: int = 0
    talks: int = 0  # comments of each talk
    ideas_more: int = 0

    @property
    def dice(self) -> random.Random:
        """Chance that is this project's own."""
        return self.__dict__.setdefault("_dice", random.Random(f"project {self.number}"))

    @property
    def speakers(self) -> bulk.Speakers:
        """Those who speak here, in turn."""
        return self.__dict__.setdefault("_speakers", bulk.Speakers(self.people, self.dice))

    @property
    def people(self) -> list[Actor]:
        """Everybody who lives here."""
        town = self.town
        assert isinstance(town, Neighbourhood)
        return town.everybody

    def talk(self, key: str, first: int, last: int, said: Sequence[Said]) -> Story:
        """What the story says, then the many."""
        yield from super().talk(key, first, last, said)
        where = db.session.scalars(select(Talk.public_id).where(Talk.subject == f"activity:{self.activity(key)}")).one()
        bulk.talk(self.town.stage.clock, self.speakers, self.dice, [where], self.talks)

    def many_ideas(self, key: str, n: int) -> list[str]:
        """``n`` proposals from residents, with their support."""
        found = bulk.propose(self.town.stage.clock, self.speakers, self.dice, self.activity(key), n)
        bulk.support(self.dice, self.people, found, 8)
        return found

    def talk_about(self, proposals_: Sequence[str], n: int) -> None:
        """``n`` comments on some proposals."""
        subjects = [f"proposal:{public_id}" for public_id in proposals_]
        where = list(db.session.scalars(select(Talk.public_id).where(Talk.subject.in_(subjects)).order_by(Talk.id)))
        bulk.talk(self.town.stage.clock, self.speakers, self.dice, where, n)

    def announce(
        self, key: str, title: str, text: str, opens: int, closes: int, *_rest: object, **_named: object
    ) -> str:  # type: ignore[override]
        """Announce a vote; what was asked and not answered is noted."""
        return super().announce(key, title, text, opens, closes, noted="问到的几处，正文里已经写明。")

    def ballots_of(self, n: int, *_rest: object, **_named: object) -> list[Given]:  # type: ignore[override]
        """Nobody is named: cast() asks the whole roll."""
        return []

    def cast(self, poll: str, first: int, last: int, given: Sequence[Given]) -> Story:
        """The whole roll is asked, and most of it answers."""
        yield self.town.stage.at(first, 10)
        each = self.share.ballots // POLLS
        bulk.cast(self.town.stage.clock, poll, self.dice, 0.92, each)
        yield max(self.town.stage.at(last, 19), self.town.stage.clock.now())


def story(town: Neighbourhood, method: str, share: Share, number: int) -> Story:
    """One of the ten, up to its step."""
    until = STEPS[number]
    scene = Busy(town, SLUG, town.people["陈老师"], (), share=share, number=number)
    occasions = {"topic": 1, "team": 2, "needs": 3, "plan": 4, "budget": 5, "delivery": 6, "stewardship": 7, "kept": 7}
    scene.talks = share.comments // len(STEPS) // occasions[until]
    start = -LATER[until] - 20 - number
    stage = town.stage
    what = words.title(scene.dice)
    yield stage.at(start, 10)
    scene.start(method, what, scene.dice.choice(words.PLACES), f"{words.proposal(scene.dice)}", picture="before.svg")
    first = share.proposals // 2 if until == "topic" else (share.proposals - share.proposals // 2) // 9
    yield stage.at(start + 1, 10)
    ids = scene.many_ideas("ideas", first)
    scene.talk_about(ids, scene.talks)
    if until == "topic":
        return
    yield max(stage.at(start + 5, 15), stage.clock.now())
    _answer(scene, ids)
    yield from _team(scene, start + 6, until, what)
    if until == "team":
        return
    yield from _needs(scene, start + 19, until)
    if until == "needs":
        return
    yield from _plan(scene, start + 34, until, what)
    if until == "plan":
        return
    yield from _money(scene, start + 61, until)
    if until == "budget":
        return
    yield from _works(scene, start + 70, until)
    if until == "delivery":
        return
    yield from _keep(scene, start + 110, until, what)


def _answer(scene: Busy, ids: Sequence[str]) -> None:
    """Answer all proposals, take one up, and close the first step."""
    lead = scene.lead

    def answer(public_id: str, status: str, why: str) -> None:
        proposals.answer(lead, public_id, status, why)

    acts = [partial(answer, public_id, *_word(scene, n)) for n, public_id in enumerate(ids)]
    bulk.together(scene.town.stage.clock, acts, apart=60_000)
    proposals.choose(lead, ids[0])
    scene.sign_off("ideas_screened", DONE)
    scene.close()


def _word(scene: Busy, n: int) -> tuple[str, str]:
    if n == 0:
        return "accepted", "说的人最多，地方归业主共用，先办这一件。"
    return scene.dice.choice(
        (("later", "写进需求里，方案的时候一起比。"), ("declined", "不归小区管，已经转给镇里的条线。"))
    )


def _team(scene: Busy, day: int, until: str, what: str) -> Story:
    named = _named(scene)
    members = (
        Member("陈老师", "lead", "主持"),
        *(Member(name, "residents", role) for name, role in zip(named, ("召集人", "记账", "联络"), strict=False)),
        Member("苏工", "experts", "规划师"),
        Member("罗科", "support", "手续"),
    )
    said = (Said(named[0], "suggestion", f"推荐{named[1]}，她最细心。"),)
    if until == "team":
        yield from scene.talk("nominations", day, day + 2, said)
        return
    yield from steps.team(scene, day, members, talk=said, title=what)


def _named(scene: Busy) -> list[str]:
    town = scene.town
    assert isinstance(town, Neighbourhood)
    return town.named[:6]


def _meeting(scene: Busy, day: int, kind: str) -> Meeting:
    who = "引领环1人，主体环14人，专业环1人，协同环1人"
    points = "。".join(words.comment(scene.dice).rstrip("。") for _ in range(4)) + "。"
    return Meeting(
        day, kind, "活动室", 17, who, points, "照大家说的改；改好贴出来。", "", day + 2, tuple(_named(scene)[:4])
    )


def _needs(scene: Busy, day: int, until: str) -> Story:
    said = (Said(_named(scene)[2], "concern", words.comment(scene.dice)),)
    hearing = _meeting(scene, day + 6, "hearing")
    if until == "needs":
        yield scene.town.stage.at(day + 1, 9)
        steps.reached(scene, "楼组长")
        yield from scene.talk("voices", day + 1, day + 3, said)
        return
    yield from steps.needs(scene, day, talk=said, by="楼组长", hearing=hearing)


def _plan(scene: Busy, day: int, until: str, what: str) -> Story:
    named, stage = _named(scene), scene.town.stage
    options = (
        Idea("苏工", "甲案：照样做，用好料", words.proposal(scene.dice), 30, (480, 520), 17_600, "before.svg"),
        Idea(named[3], "乙案：省着做，用旧料", words.proposal(scene.dice), 11, (500, 500), 6_900, "before.svg"),
    )
    said = (Said(named[4], "question", words.comment(scene.dice)),)
    text = "\n".join(f"{number}、{words.proposal(scene.dice)}" for number in "一二三四五六")
    if until != "plan":
        yield from steps.plan(
            scene,
            day,
            options=options,
            talk=said,
            title=what,
            text=text,
            n=0,
            named={},
            meeting=_meeting(scene, 0, "coordination"),
        )
        return
    ids = yield from scene.ideas("options", day + 1, day + 4, options)
    yield from scene.talk("talk", day + 5, day + 5, said)
    yield stage.at(day + 8, 8, 30)
    scene.answer(ids[0], "accepted", "议下来意见最集中的一稿，写成正文请大家表态。")
    scene.answer(ids[1], "later", "里面合用的做法已经写进正文，其余的理由在讨论里说过。")
    poll = scene.announce("vote", what, text, day + 10, day + 17)
    yield stage.at(day + 10, 10)
    bulk.cast(stage.clock, poll, scene.dice, 0.55, scene.share.ballots // POLLS)


def _money(scene: Busy, day: int, until: str) -> Story:
    yield from steps.money(
        scene,
        day,
        (("材料", 12_000, "三家报价取中"), ("人工", 5_000, "按工日"), ("机动", 600, "用不完退回")),
        (("grant", "镇里的补贴", 10_000, "received"), ("self_raised", "自愿自筹", 7_600, "received")),
        (("占用共用部位", "given", "业主委员会书面同意", "第3号回函"),),
    )
    yield from scene.talk("money_talk", day + 1, day + 2, (Said(_named(scene)[5], "question", "机动的钱谁来管？"),))
    if until != "budget":
        yield from steps.close_budget(scene, day + 7, "做过工程预算的邻居审过报价，他不参与施工。")


def _works(scene: Busy, day: int, until: str) -> Story:
    stage = scene.town.stage
    yield stage.at(day, 9)
    done = stage.date(day + 8)
    for what in ("备料", "施工"):
        over = "" if until == "delivery" and what == "施工" else done
        scene.enter("milestones", "milestones", what=what, due=done, done=over, by="施工队", seen_by=_named(scene)[0])
    yield from scene.talk("site_talk", day + 1, day + 9, (Said(_named(scene)[1], "support", "今天看过，平整。"),))
    if until == "delivery":
        return
    yield stage.at(day + 20, 16)
    for name in _named(scene)[:3]:
        scene.enter(
            "acceptance", "acceptances", name=name, day=stage.date(day + 20), result="accepted", remarks="好用。"
        )
    yield stage.at(day + 22, 10)
    scene.close()


def _keep(scene: Busy, day: int, until: str, what: str) -> Story:
    stage = scene.town.stage
    yield stage.at(day, 15)
    articles = [(title, words.proposal(scene.dice)) for title in ("使用", "安静", "打扫", "账目")]
    for title, text in articles:
        scene.enter("convention", "articles", title=title, text=text)
    yield from scene.talk("convention_talk", day + 1, day + 5, (Said(_named(scene)[2], "suggestion", "写得短一点。"),))
    yield stage.at(day + 8, 8, 30)
    whole = "\n".join(f"第{n}条（{title}）{text}" for n, (title, text) in zip("一二三四", articles, strict=True))
    poll = scene.announce("convention_vote", f"{what}：公约", whole, day + 10, day + 17)
    yield from scene.cast(poll, day + 10, day + 17, [])
    yield from scene.settle(day + 17)
    yield stage.at(day + 19, 10)
    for name, duty in zip(_named(scene)[:3], ("打扫", "记账", "看设备"), strict=True):
        scene.enter("stewards", "stewards", name=name, duty=duty, when="每周六", contact="")
    if until == "stewardship":
        return
    scene.enter("review", "reviews", day=stage.date(day + 120), place="活动室", about="用得怎么样，账目。")
    yield stage.at(day + 21, 10)
    scene.adopt("convention_vote", scene.lead.name, "公约贴在入口。\n每月公布账目。", day + 140)
    scene.close()


def rest(town: Neighbourhood, share: Share) -> None:
    """What is left until the numbers are reached: comments in the last open talk, ballots in the open vote."""
    dice = random.Random("rest")
    comments = db.session.scalar(select(func.count()).select_from(Comment)) or 0
    ballots = db.session.scalar(select(func.count()).select_from(Ballot)) or 0
    opened = _open_talks()
    bulk.talk(town.stage.clock, bulk.Speakers(town.everybody, dice), dice, opened, max(0, share.comments - comments))
    more_ballots(town, share.ballots - ballots)


def _open_talks() -> list[str]:
    """The talks of proposals in the first steps that are open."""
    from app.projects.models import ActivityRun, StepRunRow

    query = (
        select(Talk.public_id)
        .join(ActivityRun, ActivityRun.id == Talk.activity_run_id)
        .join(StepRunRow, StepRunRow.id == ActivityRun.step_run_id)
        .where(ActivityRun.key == "ideas", StepRunRow.closed_at.is_(None), Talk.subject.startswith("proposal:"))
        .order_by(Talk.id)
    )
    return list(db.session.scalars(query))


def more_ballots(town: Neighbourhood, n: int) -> None:
    """``n`` changes of mind in the open vote."""
    [poll] = bulk.open_polls()
    if n > 0:
        bulk.change(town.stage.clock, poll, random.Random("more ballots"), n)


def big(town: Neighbourhood, method: str, share: Share) -> None:
    """The one project of a thousand proposals, with five hundred comments on one of them."""
    scene = Busy(town, SLUG, town.people["陈老师"], (), share=share, number=len(STEPS))
    scene.start(method, "全小区的大名单", "全小区", "一年一次，大家把想办的事都写下来。", picture="before.svg")
    ids = scene.many_ideas("ideas", share.big_proposals)
    scene.talk_about(ids[:1], share.big_comments)
    scene.talk_about(ids[1:200], share.big_others)
    more_ballots(town, share.big_ballots)
