"""Many of everything, made in bulk: for the tests that a page asks no more of the database when its lists grow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, insert, select

from app.ballots import service as ballots
from app.ballots.law_models import Authorisation
from app.ballots.models import Objection, Poll
from app.comments.models import Comment, CommentReport, Talk
from app.core.clock import DAY, HOUR
from app.core.database import db
from app.core.ids import new_public_id
from app.core.outbox import Message
from app.core.transaction import Tx, transaction
from app.engine.canonical import canon, sha256_hex
from app.paper.models import PaperSheet
from app.people.actor import Actor
from app.people.models import Device, Household, Person, RoleGrant
from app.people.places import Building, Entrance, Owner, OwnerPerson, Ownership, RollImport, RollRowStaged, Unit
from app.people.session import actor_of
from app.projects import service as projects
from app.projects.models import StepRunRow
from app.projects.queries import find_project
from app.proposals import service as proposals
from app.proposals.models import Proposal, ProposalRevision, ProposalSupport
from app.records.models import Record
from app.registers.models import RegisterEntry
from tests import crowd_meetings, crowd_notices
from tests.crowd_votes import House
from tests.projects.world import REASON, Garden, sign_offs

OBJECTION = {
    "stance": "objection",
    "kind": "harm",
    "passage": "第一条",
    "reason": "种植箱压上去，防水层会坏，楼下三户人家去年就漏过水，修都没有办法修，请改一改。",
    "grounds": "去年漏过",
}
ENTRIES: dict[str, tuple[str, dict[str, Any]]] = {
    "roster": (
        "members",
        {"name": "王", "ring": "lead", "role": "组长", "conflict": "some", "conflict_text": "住楼下"},
    ),
    "outreach": ("buildings", {"building": "5", "screen": 1, "paper": 0, "door": 0, "elderly": "", "by": "李"}),
    "hearing": ("confirmations", {"name": "王", "how": "签字"}),
    "money": ("costs", {"what": "土", "amount": 100, "basis": "报价"}),
    "works": ("milestones", {"what": "挖土", "due": "2026-04-01", "done": "", "by": "王", "seen_by": ""}),
    "acceptance": ("acceptances", {"name": "王", "day": "2026-04-01", "result": "defects", "remarks": "漏水"}),
    "stewards": ("stewards", {"name": "张阿姨", "duty": "浇水", "when": "每天", "contact": "5550 0101"}),
    "articles": ("articles", {"title": "浇水", "text": "每天浇水。"}),
}


def _add(tx: Tx, table: type, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        tx.session.execute(insert(table), rows)


class Crowd:
    """A garden that grows: ``grow`` brings every list to ``n``, and the long ones to ``many``."""

    def __init__(self, garden: Garden) -> None:
        self.garden, self.n, self.many = garden, 0, 0
        self.people = [garden.neighbour] + [garden.resident(f"邻居{k}") for k in range(30)]
        self.one_step = garden.do(projects.store_method, sign_offs("only", key="short"))
        two_steps = garden.do(projects.store_method, sign_offs("one", "two", key="two"))
        self.walked = garden.start("走过几回", method_public_id=two_steps)
        self.polls: dict[int, str] = {}
        self.proposal = self._proposal("二层平台种花")
        self.merged: dict[int, str] = {}
        self.houses: dict[int, House] = {}
        self.notice = 0
        self.owner = ""

    def _proposal(self, title: str) -> str:
        garden = self.garden
        words = proposals.Words(title, "浇水方便。", 100, (300, 400))
        made = garden.do(proposals.save_draft, garden.neighbour, garden.activity("ideas"), words)
        garden.do(proposals.submit, garden.neighbour, made)
        return made

    def vote(self, objectors: int) -> None:
        """A project whose vote has so many objections and concerns; it is closed once the clock stood still again."""
        garden = self.garden
        now = garden.clock.now()
        garden.project, kept = garden.start(f"表态{objectors}"), garden.project
        vote = garden.activity("vote")
        garden.project = kept
        garden.do(ballots.save_draft, garden.lead, vote, "方案", "先试一年。")
        poll = self.polls[objectors] = garden.do(ballots.announce, garden.lead, vote, now + 48 * HOUR, now + 9 * DAY)
        with garden.here(), transaction() as tx:
            at = tx.session.scalars(select(Poll.id).where(Poll.public_id == poll)).one()
            lead = garden.lead.person()
            tx.session.add_all(
                PaperSheet(poll_id=at, number=k, serial=f"A-{k:04d}-A", issued_at=tx.now, issued_by_id=lead)
                for k in range(1, objectors + 1)
            )
        garden.clock.advance(48 * HOUR)
        for k, who in enumerate(self.people[:objectors]):
            choice = OBJECTION if k % 2 == 0 else {"stance": "concern", "concern": f"第{k}条担心：晚上吵不吵？"}
            garden.do(ballots.cast, who, poll, choice, once=f"once-{k}")
        garden.clock.set(now)

    def grow(self, n: int, many: int) -> None:
        """Bring the lists to ``n`` and the long ones to ``many``."""
        self._communities(n)
        self._projects(n)
        self._devices(1 if n < 4 else 4)
        with self.garden.here(), transaction() as tx:
            self._roll(tx, n, many)
            self._staff(tx, n)
            self._words(tx, n, many)
            self._records(tx, many)
            self._around(tx, n, many)
        self.n, self.many = n, many

    def _communities(self, n: int) -> None:
        for k in range(self.n, n):
            self.garden.town.community(f"place-{k}", f"小区{k}")
            self.garden.resident("住户", f"place-{k}")

    def _devices(self, n: int) -> None:
        with self.garden.here(), transaction() as tx:
            mine = Device.household_id == self.garden.neighbour.household_id
            first = tx.session.scalars(select(Device).where(mine).order_by(Device.id)).first()
            have = tx.session.scalar(select(func.count()).select_from(Device).where(mine))
            base = {name: getattr(first, name) for name in ("community_id", "household_id", "person_id", "code_id")}
            row = {"label": "Mac", "paired_at": tx.now, **base}
            _add(tx, Device, [{"public_id": new_public_id(), **row} for _ in range(have, n)])

    def _projects(self, n: int) -> None:
        garden = self.garden
        for k in range(self.n, n):
            garden.start(f"项目{k}", parent_public_id=garden.project)
            done = garden.start(f"完成{k}", method_public_id=self.one_step)
            garden.do(projects.waive_gate, garden.lead, done, "only_seen", REASON)
            garden.do(projects.close_step, garden.lead, done)
            rests = garden.start(f"暂停{k}")
            garden.do(projects.pause, garden.lead, rests, REASON)
            if k < 12:  # one more run of two steps, and its events
                garden.do(projects.waive_gate, garden.lead, self.walked, "one_seen", REASON)
                garden.do(projects.close_step, garden.lead, self.walked)
                garden.do(projects.send_back, garden.lead, self.walked, "one", REASON)

    def _roll(self, tx: Tx, n: int, many: int) -> None:
        here = self.garden.community
        for k in range(self.n, n):
            building = Building(community_id=here, label=str(100 + k), sort=100 + k)
            tx.session.add(building)
            tx.session.flush()
            entrance = Entrance(community_id=here, building_id=building.id, label="1")
            tx.session.add(entrance)
            tx.session.flush()
            rows = [{"community_id": here, "entrance_id": entrance.id, "room": str(room)} for room in range(many // n)]
            _add(tx, Unit, [{"public_id": new_public_id(), **row} for row in rows])
            units = list(tx.session.scalars(select(Unit.id).where(Unit.entrance_id == entrance.id)))
            base = {"community_id": here, "since": tx.now}
            _add(tx, Household, [{"public_id": new_public_id(), "unit_id": unit, **base} for unit in units])
            for name in ("业主", "共有人"):
                owner = Owner(community_id=here, name=f"{name}{k}")
                tx.session.add(owner)
                tx.session.flush()
                self.owner = self.owner or owner.public_id
                share = {"community_id": here, "owner_id": owner.id, "share_num": 1, "share_den": 2, "source": "证"}
                _add(tx, Ownership, [{**share, "unit_id": unit, "at": tx.now} for unit in units[:2]])
        self._owner(tx, n)

    def _owner(self, tx: Tx, n: int) -> None:
        """One owner for whom many speak, of a unit in each building; and the papers that let owners vote here."""
        here, lead = self.garden.community, self.garden.lead.person()
        owner = tx.session.scalars(select(Owner).where(Owner.public_id == self.owner)).one()
        known = {"community_id": here, "at": tx.now}
        voice = {"owner_id": owner.id, "paper": "委托书", "entered_by_id": lead, **known}
        _add(tx, OwnerPerson, [{"person_id": self.people[k].person(), **voice} for k in range(self.n, n)])
        held = select(Ownership.unit_id).where(Ownership.owner_id == owner.id)
        query = select(Unit.id).where(Unit.community_id == here, Unit.id.not_in(held)).order_by(Unit.id.desc())
        share = {"owner_id": owner.id, "share_num": 1, "share_den": 1, "source": "证", **known}
        _add(tx, Ownership, [{"unit_id": unit, **share} for unit in tx.session.scalars(query.limit(n - self.n))])
        law = {"authority": "房管局", "date": "2026-03-01", "scan": "NOSCAN", "entered_by_id": lead, **known}
        law["revoked_reason"] = ""
        numbers = range(self.n, n)
        _add(tx, Authorisation, [{"public_id": new_public_id(), "number": f"文{k}", **law} for k in numbers])

    def _staff(self, tx: Tx, n: int) -> None:
        for k in range(self.n, n):
            person = Person(name=f"规划师{k}", email=f"p{k}@example.org", created_at=tx.now)
            tx.session.add(person)
            tx.session.flush()
            for where in (self.garden.community, None):
                role = "planner" if where else "administrator"
                tx.session.add(RoleGrant(person_id=person.id, community_id=where, role=role, at=tx.now))

    def _words(self, tx: Tx, n: int, many: int) -> None:
        garden, ideas = self.garden, self.garden.ref("ideas")
        base = {"community_id": garden.community, "project_id": ideas.project_id, "activity_run_id": ideas.id}
        sent = {**base, "state": "submitted", "created_at": tx.now, "submitted_at": tx.now, "pin_x": 5, "pin_y": 5}
        _add(
            tx,
            Proposal,
            [
                {
                    "public_id": new_public_id(),
                    "person_id": self.people[k % 30].person(),
                    "title": f"提议{k}",
                    "text": f"第{k}件事",
                    **sent,
                }
                for k in range(self.many, many)
            ],
        )
        main = tx.session.scalars(select(Proposal).where(Proposal.public_id == self.proposal)).one()
        rows = tx.session.execute(select(Proposal.id, Proposal.public_id, Proposal.title)).all()
        have = set(tx.session.scalars(select(Talk.subject)))
        talk = {**base, "href": "/", "action": "", "owner_id": garden.neighbour.person()}
        fresh = [row for row in rows if f"proposal:{row.public_id}" not in have]
        _add(
            tx,
            Talk,
            [
                {"public_id": new_public_id(), "subject": f"proposal:{r.public_id}", "title": r.title, **talk}
                for r in fresh
            ],
        )
        supported = [r.id for r in fresh[:60]]
        _add(
            tx,
            ProposalSupport,
            [{"proposal_id": i, "person_id": self.people[i % 30].person(), "at": tx.now} for i in supported],
        )
        base_revision = {"proposal_id": main.id, "title": "以前", "text": "以前的话", "cost": None, "at": tx.now}
        _add(tx, ProposalRevision, [{"number": k + 1, **base_revision} for k in range(self.n, n)])
        for subject in (f"activity:{garden.activity('talk')}", f"proposal:{self.proposal}"):
            self._comments(tx, subject, n, many)

    def _comments(self, tx: Tx, subject: str, n: int, many: int) -> None:
        talk_id = tx.session.scalars(select(Talk.id).where(Talk.subject == subject)).one()
        base = {"community_id": self.garden.community, "talk_id": talk_id, "kind": "question", "at": tx.now}
        top = [
            {"public_id": new_public_id(), "text": f"话{k}", "person_id": self.people[k % 30].person(), **base}
            for k in range(self.many, many)
        ]
        _add(tx, Comment, top)
        newest = list(
            tx.session.scalars(select(Comment.id).where(Comment.talk_id == talk_id).order_by(Comment.id.desc()))
        )
        replies = [
            {"public_id": new_public_id(), "text": f"回{k}", "person_id": self.people[k % 30].person(), **base}
            for k in range(self.many, many)
        ]
        _add(tx, Comment, [{**row, "parent_id": newest[k % min(25, len(newest))]} for k, row in enumerate(replies)])
        reports = [
            {"comment_id": i, "person_id": self.people[0].person(), "reason": "骂人", "at": tx.now} for i in newest[:n]
        ]
        known = set(tx.session.scalars(select(CommentReport.comment_id)))
        _add(tx, CommentReport, [row for row in reports if row["comment_id"] not in known])

    def _records(self, tx: Tx, many: int) -> None:
        project = find_project(self.garden.project)[0]
        pattern = tx.session.scalars(select(Record).order_by(Record.id)).first()
        assert pattern is not None
        base = {"community_id": project.community_id, "project_id": project.id}
        runs = [
            {"public_id": new_public_id(), "step": "old", "attempt": k + 1, "opened_at": 1, "closed_at": 2, **base}
            for k in range(self.many, many)
        ]
        _add(tx, StepRunRow, [{**run, "left": "closed"} for run in runs])
        ids = tx.session.execute(
            select(StepRunRow.id, StepRunRow.attempt).where(StepRunRow.step == "old", StepRunRow.attempt > self.many)
        ).all()
        record = {"year": 2020, "step": "old", "title": "旧", "seal": "旧", "body": pattern.body, **base}
        record |= {"sha256": pattern.sha256, "published_at": 2, "published_by_id": pattern.published_by_id}
        _add(
            tx,
            Record,
            [{"public_id": new_public_id(), "step_run_id": i, "attempt": a, "number": a, **record} for i, a in ids],
        )
        assert sha256_hex(pattern.body.encode()) == pattern.sha256
        assert canon({})

    def _around(self, tx: Tx, n: int, many: int) -> None:
        garden, who = self.garden, self.garden.neighbour
        message = {"person_id": who.person(), "community_id": garden.community, "kind": "proposal.chosen"}
        message |= {"data": {"title": "花"}, "href": "/", "created_at": tx.now}
        _add(tx, Message, [message for _ in range(self.many, many)])
        for key, (section, data) in ENTRIES.items():
            ref = garden.ref(key)
            entry = {"community_id": garden.community, "project_id": ref.project_id, "activity_run_id": ref.id}
            entry |= {
                "section": section,
                "data": data,
                "person_id": garden.lead.person(),
                "by_name": "陈",
                "at": tx.now,
            }
            _add(tx, RegisterEntry, [{"public_id": new_public_id(), **entry} for _ in range(self.n, n)])
        self._meetings(tx, n)
        crowd_notices.grow(tx, garden.ref("board"), self.people, self.n, n)
        for k in range(self.n, n):
            sheet = RollImport(
                community_id=garden.community, at=tx.now, filename="a.csv", file_sha256=f"{k:064}", state="ready"
            )
            tx.session.add(sheet)
            tx.session.flush()
            self.sheet = sheet.public_id
        if not tx.session.scalar(select(func.count()).select_from(RollRowStaged)):
            self.first_sheet = self.sheet
        sheet_id = tx.session.scalars(select(RollImport.id).where(RollImport.public_id == self.first_sheet)).one()
        row = {
            "import_id": sheet_id,
            "building": "5",
            "entrance": "",
            "occupancy": "",
            "householder": "",
            "change": "added",
        }
        _add(tx, RollRowStaged, [{"line": k, "room": str(k), **row} for k in range(self.many, many)])

    def _meetings(self, tx: Tx, n: int) -> None:
        """Meetings to come, and one that was: many came, spoke and confirmed several versions of its minutes."""
        crowd_meetings.grow(tx, self.garden.ref("gathering"), self.people, self.n, n)

    def objection(self, n: int) -> str:
        """The first objection in the vote that has ``n`` of them and of worries."""
        with self.garden.here():
            query = select(Objection.public_id).join(Poll, Poll.id == Objection.poll_id)
            return db.session.scalars(query.where(Poll.public_id == self.polls[n]).order_by(Objection.id)).first() or ""

    def merge(self, n: int) -> str:
        """A proposal merged from ``n`` others."""
        garden = self.garden
        sources = [self._proposal(f"合并{n}之{k}") for k in range(n)]
        return garden.do(proposals.merge, garden.lead, garden.activity("ideas"), sources, f"合并{n}", "合在一起。")

    @property
    def admin(self) -> Actor:
        return self.garden.do(actor_of, self.garden.town.admin.person())
