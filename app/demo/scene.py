"""A scene: one project as its story tells it. Each act is a command of a service, given by one of the cast."""

from __future__ import annotations

import random
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.ballots import service as ballots
from app.ballots import standings
from app.ballots.models import Poll
from app.comments import service as comments
from app.comments.models import Talk
from app.core.clock import now
from app.core.database import db
from app.demo import meetings
from app.demo.parts import Complaint, Idea, Meeting, Member, Paper, Said
from app.demo.people import Town
from app.demo.stage import Story
from app.notices import service as notices
from app.notices.models import Notice
from app.objections import service as desk
from app.people.actor import Actor
from app.people.places import Building
from app.projects import queries
from app.projects import service as projects
from app.projects.models import ActivityRun, Project, StepRunRow
from app.proposals import service as proposals
from app.proposals.service import Words
from app.registers import service as registers

Ballot = tuple[Actor, Mapping[str, str]]


@dataclass
class Scene:
    """A project under way on the stage; ``lead`` is its facilitator."""

    town: Town
    slug: str
    lead: Actor
    buildings: tuple[str, ...] = ()
    project: str = ""

    @property
    def community_id(self) -> int:
        """The community in which it plays."""
        return self.town.communities[self.slug]

    def start(
        self,
        method: str,
        title: str,
        place: str,
        summary: str,
        *,
        picture: str = "",
        pin: tuple[int, int] | None = None,
    ) -> None:
        """Start the project in the buildings of the scene, or in the whole community."""
        query = select(Building.id).where(
            Building.community_id == self.community_id, Building.label.in_(self.buildings)
        )
        self.project = projects.start_project(
            self.lead,
            self.community_id,
            title=title,
            place=place,
            summary=summary,
            method_public_id=method,
            scope={"buildings": list(db.session.scalars(query))} if self.buildings else None,
            picture=self.town.pictures.get(picture, picture),
            pin=pin,
        )

    def activity(self, key: str) -> str:
        """The public id of an activity of the open step."""
        query = (
            select(ActivityRun.public_id)
            .join(Project, Project.id == ActivityRun.project_id)
            .join(StepRunRow, StepRunRow.id == ActivityRun.step_run_id)
            .where(Project.public_id == self.project, ActivityRun.key == key, StepRunRow.closed_at.is_(None))
        )
        return db.session.scalars(query).one()

    def close(self) -> None:
        """Close the open step."""
        projects.close_step(self.lead, self.project)

    def sign_off(self, gate: str, note: str) -> None:
        """Answer a gate's question with yes."""
        projects.sign_off(self.lead, self.project, gate, holds=True, note=note)

    # Talk

    def _say(self, subject: str, said: Said) -> str:
        talk = db.session.scalars(select(Talk.public_id).where(Talk.subject == subject)).one()
        comment = comments.post(self.town.who(said.who), talk, said.kind, said.text)
        for reply in said.replies:
            self.town.stage.pause(9)
            public_id = comments.post(self.town.who(reply.who), talk, reply.kind, reply.text, parent=comment)
            if reply.answer:
                comments.mark_answer(self.lead, public_id)
        return comment

    def say(self, key: str, said: Said) -> str:
        """Somebody says something in the talk of an activity; returns the comment's public id."""
        return self._say(f"activity:{self.activity(key)}", said)

    def talk(self, key: str, first: int, last: int, said: Sequence[Said]) -> Story:
        """A talk that goes on for some days."""
        moments = self.town.stage.moments(first, last, len(said), f"{self.project_seed} {key}")
        for at, item in zip(moments, said, strict=True):
            yield at
            self.say(key, item)

    @property
    def project_seed(self) -> str:
        """What makes the chance of this scene its own, the same at every load."""
        return f"{self.slug} {'-'.join(self.buildings)} {self.lead.name}"

    # Proposals

    def ideas(self, key: str, first: int, last: int, ideas: Sequence[Idea]) -> Generator[int, None, list[str]]:
        """Proposals come in over some days; neighbours support them and talk about them. Returns their public ids."""
        stage = self.town.stage
        found: list[str] = []
        for at, idea in zip(stage.moments(first, last, len(ideas), f"{self.project_seed} {key}"), ideas, strict=True):
            yield at
            found.append(self.propose(key, idea))
        return found

    def propose(self, key: str, idea: Idea) -> str:
        """One proposal with its support and its talk."""
        author = self.town.who(idea.who)
        cost = None if idea.yuan is None else idea.yuan * 100
        photo = idea.photo if idea.photo.endswith(".svg") or not idea.photo else self.town.pictures[idea.photo]
        words = Words(idea.title, idea.text, cost, idea.pin, photo)
        public_id = proposals.save_draft(author, self.activity(key), words)
        self.town.stage.pause(2)
        proposals.submit(author, public_id)
        for actor in self.town.crowd(self.slug, self.buildings, idea.support, f"{idea.title} support"):
            self.town.stage.pause(1)
            proposals.support(actor, public_id, on=True)
        for said in idea.said:
            self.town.stage.pause(6)
            self._say(f"proposal:{public_id}", said)
        return public_id

    def answer(self, public_id: str, status: str, reason: str) -> None:
        """Answer a proposal."""
        proposals.answer(self.lead, public_id, status, reason)
        self.town.stage.pause(4)

    def topic(self, first: int, last: int, day: int, ideas: Sequence[tuple[Idea, str, str]], checked: str) -> Story:
        """The first step: ideas come in, are answered on ``day``, the first one taken up is chosen, the step closed."""
        ids = yield from self.ideas("ideas", first, last, [idea for idea, _, _ in ideas])
        yield self.town.stage.at(day, 15)
        for public_id, (_, status, reason) in zip(ids, ideas, strict=True):
            self.answer(public_id, status, reason)
        chosen = next(public_id for public_id, (_, status, _) in zip(ids, ideas, strict=True) if status == "accepted")
        proposals.choose(self.lead, chosen)
        self.sign_off("ideas_screened", checked)
        self.close()

    # Registers

    def enter(self, key: str, section: str, /, **values: Any) -> str:
        """Enter a row into a register of the open step; money is in fen."""
        return registers.add(self.lead, self.activity(key), section, values)

    def correct(self, entry: str, /, **values: Any) -> str:
        """Correct a row of a register; the earlier one stays readable."""
        return registers.correct(self.lead, entry, values)

    def roster(self, key: str, members: Sequence[Member], rules: Sequence[str] = ()) -> None:
        """Enter a team, its members' interests, and its working rules."""
        for member in members:
            self.enter(
                key,
                "members",
                name=member.name,
                ring=member.ring,
                role=member.role,
                contact="",
                conflict="some" if member.interest else "none",
                conflict_text=member.interest,
            )
        for rule in rules:
            self.enter(key, "rules", text=rule)

    def outreach(self, key: str, rows: Sequence[tuple[str, int, int, int, int, str]]) -> None:
        """Enter outreach by building: on the screen, on paper, at the door, of these over 70, and who went."""
        for building, screen, paper, door, elderly, by in rows:
            self.enter(
                key, "buildings", building=building, screen=screen, paper=paper, door=door, elderly=elderly, by=by
            )

    def meeting(self, key: str, meeting: Meeting) -> Story:
        """Call a meeting, hold it on its day, and have its minutes confirmed."""
        yield from meetings.hold(self, key, meeting)

    def minutes(self, key: str, meeting: Meeting) -> Story:
        """Enter the minutes of a meeting into a register on its evening, and who confirms them."""
        stage = self.town.stage
        yield stage.at(meeting.day, 20)
        self.enter(
            key,
            "meeting",
            kind=meeting.kind,
            day=stage.date(meeting.day),
            place=meeting.place,
            present=meeting.present,
            who=meeting.who,
            points=meeting.points,
            minority=meeting.minority,
            decisions=meeting.decisions,
        )
        if meeting.confirmed:
            yield stage.at(meeting.confirmed_day or meeting.day + 2, 11)
        for name in meeting.confirmed:
            self.enter(key, "confirmations", name=name, how="在纪要上签字")

    # Notices

    def notice(self, key: str, day: int, paper: Paper, complaints: Sequence[Complaint] = ()) -> Story:
        """Post a notice on a day; complaints come and are answered, those without a day of answer stay open."""
        stage = self.town.stage
        yield stage.at(day, 9, 30)
        notices.save_draft(self.lead, self.activity(key), paper.title, paper.basis, paper.text)
        notices.post(self.lead, self.activity(key))
        query = select(Notice.public_id).join(ActivityRun, ActivityRun.id == Notice.activity_run_id)
        posted = db.session.scalars(query.where(ActivityRun.public_id == self.activity(key))).one()
        acts: list[tuple[int, int, Complaint]] = [(c.day, 0, c) for c in complaints]
        acts += [(c.answer_day, 1, c) for c in complaints if c.answer_day is not None]
        made: dict[str, str] = {}
        for act_day, kind, complaint in sorted(acts, key=lambda item: (item[0], item[1])):
            yield stage.at(act_day, 16 if kind else 13, 10)
            if kind:
                notices.answer(self.lead, made[complaint.text], complaint.answer)
                continue
            by = self.lead if complaint.on_paper_by else self.town.who(complaint.who)
            made[complaint.text] = notices.complain(by, posted, complaint.text, on_paper_by=complaint.on_paper_by)

    # Votes

    def announce(
        self,
        key: str,
        title: str,
        text: str,
        opens: int,
        closes: int,
        inspect: Sequence[str] = ("", "", ""),
        noted: str = "",
    ) -> str:
        """Announce a vote now, open from ``opens`` at nine to ``closes`` at eight in the evening.

        ``inspect`` are the names of its inspectors; ``noted`` says why questions that were asked stay unanswered. The
        activity that the vote comes after ends with the announcement, where it is still open.
        """
        ballots.save_draft(self.lead, self.activity(key), title, text)
        stage = self.town.stage
        after = queries.find_activity(self.activity(key), now()).activity.after
        if after and queries.find_activity(self.activity(after), now()).is_open:
            projects.set_window(self.lead, self.activity(after), None, now())
        times = stage.at(opens, 9), stage.at(closes, 20)
        return ballots.announce(self.lead, self.activity(key), *times, inspect, noted=noted)

    def adopt(self, key: str, owner: str, tasks: str, review: int) -> None:
        """Adopt what passed; it is looked at again on the day ``review``."""
        ballots.adopt(self.lead, self.activity(key), owner, tasks, self.town.stage.at(review, 8))

    def cast(self, poll: str, first: int, last: int, given: Sequence[Ballot]) -> Story:
        """Ballots come in over some days, in an order that chance gives."""
        order = list(given)
        random.Random(f"order of {self.project_seed} {first}").shuffle(order)
        moments = self.town.stage.moments(first, last, len(order), f"ballots of {self.project_seed} {first}")
        for at, (actor, raw) in zip(moments, order, strict=True):
            yield at
            ballots.cast(actor, poll, raw, once="demonstration")

    def answer_objection(self, poll: str, who: str, words: str, answer: str) -> None:
        """The desk answers somebody's objection with words of the draft, and they say that it does."""
        actor = self.town.who(who)
        row = db.session.scalars(select(Poll).where(Poll.public_id == poll)).one()
        place = standings.standing_of(actor, row)
        assert place is not None
        assert place.objection is not None
        public_id = place.objection.public_id
        desk.offer(self.lead, public_id, words=words, answer=answer)
        self.town.stage.pause(40)
        desk.reply(actor, public_id, True)

    def settle(self, day: int) -> Story:
        """The evening on which a vote closes."""
        yield self.town.stage.at(day, 20, 5)
        ballots.settle_due()

    def ballots_of(
        self,
        n: int,
        seed: str,
        named: Mapping[str, Mapping[str, str]] | None = None,
        concerns: Sequence[str] = (),
        abstain: int = 0,
        yes: str = "consent",
    ) -> list[Ballot]:
        """``n`` ballots: those of the cast, then worries, abstentions and consent of a crowd."""
        given: list[Ballot] = [(self.town.who(name), raw) for name, raw in (named or {}).items()]
        rest = self.town.crowd(self.slug, self.buildings, n - len(given), seed, but=[actor for actor, _ in given])
        for k, actor in enumerate(rest):
            if k < len(concerns):
                given.append((actor, {"stance": "concern", "concern": concerns[k]}))
            else:
                given.append((actor, {"stance": "abstain" if k < len(concerns) + abstain else yes}))
        return given
