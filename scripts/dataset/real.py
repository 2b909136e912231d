"""Conversations that were really held on Polis, as first steps of projects: statements are proposals, agreement is support.

What Polis knows and this program doesn't stays out: disagreement and passing have no place in a list of proposals. People
are numbers there and stay numbers here. The data are under CC BY 4.0, of The Computational Democracy Project:
https://github.com/compdemocracy/openData. The budgets of Pabulib have no kind of activity that would hold them.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import insert, select

from app.archive import index
from app.comments.models import Talk
from app.config import ROOT
from app.core.clock import SECOND, FixedClock
from app.core.database import db
from app.core.ids import new_public_id
from app.core.transaction import transaction
from app.demo.stage import Stage
from app.demo.story import unhurried_disk
from app.people.actor import Actor
from app.people.models import Household, Person
from app.people.places import Building, Entrance, Unit
from app.projects.models import ActivityRun, Project
from app.projects.queries import find_activity
from app.projects.service import start_project
from app.proof import checkpoints
from app.proposals.models import Proposal, ProposalSupport
from scripts.dataset import people
from scripts.dataset.bulk import Pen
from scripts.dataset.chance import seeded
from scripts.dataset.people import SLUG, Neighbourhood
from scripts.dataset.sizes import Share
from scripts.dataset.template import OPENING, TODAY
from scripts.dataset.world import Refused, require_empty

AT_ONCE = 500
Row = dict[str, str]
Say = Callable[[str], None]
HOW = (
    "There are no conversations in {where}. Get them with: git clone https://github.com/compdemocracy/openData, and name "
    "the folder that holds them by --data; each is a folder with comments.csv, votes.csv and summary.csv."
)


def load(app: Flask, data: Path, say: Say) -> int:
    """Load each conversation of a folder as a project; returns how many rows they are."""
    folder = data / "polis" if (data / "polis").is_dir() else data
    found = sorted(path.parent for path in folder.glob("*/comments.csv"))
    if not found:
        raise Refused(HOW.format(where=folder))
    require_empty(app)
    kept, clock = app.extensions["qiding.clock"], FixedClock(TODAY)
    app.extensions["qiding.clock"] = clock
    try:
        with app.test_request_context(), unhurried_disk(), seeded("polis"):
            stage = Stage(clock)
            clock.set(stage.at(OPENING, 9))
            town = people.found(stage)
            assert isinstance(town, Neighbourhood)
            method = people.methods((ROOT / "app" / "methods" / "qiding.toml").read_text(encoding="utf-8"))
            people.settle(town, Share(households=40, persons=40))
            count = 0
            for path in found:
                count += conversation(town.people["陈老师"], town.communities[SLUG], method, clock, path)
                say(f"  {path.name}: {count:,} rows so far")
            checkpoints.make_due()
            db.session.remove()
    finally:
        app.extensions["qiding.clock"] = kept
    return count


def conversation(lead: Actor, here: int, method: str, clock: FixedClock, path: Path) -> int:
    """One conversation; returns how many rows it is."""
    summary = dict(row[:2] for row in csv.reader(_lines(path / "summary.csv")) if len(row) >= 2)
    topic = summary.get("topic") or path.name
    about = summary.get("conversation-description") or topic
    title = topic.replace("\n", " ").strip()[:80] or path.name
    project = start_project(
        lead, here, title=title, place=path.name[:60], summary=about.strip()[:600] or title, method_public_id=method
    )
    activity = db.session.scalars(
        select(ActivityRun.public_id)
        .join(Project, Project.id == ActivityRun.project_id)
        .where(Project.public_id == project, ActivityRun.key == "ideas")
    ).one()
    statements = [row for row in csv.DictReader(_lines(path / "comments.csv")) if row["moderated"] != "-1"]
    statements.sort(key=lambda row: (int(row["timestamp"]), int(row["comment-id"])))
    votes = list(csv.DictReader(_lines(path / "votes.csv")))
    names = {row["author-id"] for row in statements} | {row["voter-id"] for row in votes}
    persons = _residents(here, path.name, sorted(names, key=int))
    proposals = _proposals(clock, activity, statements, persons)
    return len(persons) * 3 + len(proposals) * 4 + _supports(clock, votes, proposals, persons)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8-sig", errors="replace").splitlines(keepends=True)


def _residents(here: int, name: str, numbers: list[str]) -> dict[str, int]:
    """A household and a person for each number, in a building of the conversation's own."""
    with transaction() as tx:
        place = {"community_id": here}
        building = Building(**place, label=name[:40], sort=900)
        tx.session.add(building)
        tx.session.flush()
        entrance = Entrance(**place, building_id=building.id, label="")
        tx.session.add(entrance)
        tx.session.flush()
        units = [Unit(**place, entrance_id=entrance.id, room=number) for number in numbers]
        tx.session.add_all(units)
        tx.session.flush()
        homes = [Household(**place, unit_id=unit.id, since=tx.now) for unit in units]
        tx.session.add_all(homes)
        tx.session.flush()
        found = [
            Person(name=f"参与者{number}", household_id=home.id, created_at=tx.now)
            for number, home in zip(numbers, homes, strict=True)
        ]
        tx.session.add_all(found)
        tx.session.flush()
        return {number: person.id for number, person in zip(numbers, found, strict=True)}


def _proposals(clock: FixedClock, activity: str, statements: list[Row], persons: dict[str, int]) -> dict[str, int]:
    """The statements as proposals, by their numbers."""
    found: dict[str, int] = {}
    for start in range(0, len(statements), AT_ONCE):
        with transaction() as tx:
            ref = find_activity(activity, tx.now)
            where = {"community_id": ref.community_id, "project_id": ref.project_id, "activity_run_id": ref.id}
            pen, rows, talks, ids = Pen(tx, ref.community_id), [], [], {}
            for statement in statements[start : start + AT_ONCE]:
                clock.advance(SECOND)
                text = " ".join(statement["comment-body"].split()) or "…"
                public_id, title, author = new_public_id(), text[:80], persons[statement["author-id"]]
                ids[public_id] = statement["comment-id"]
                rows.append(
                    {
                        **where,
                        "public_id": public_id,
                        "person_id": author,
                        "state": "submitted",
                        "title": title,
                        "text": text,
                        "created_at": clock.now(),
                        "submitted_at": clock.now(),
                    }
                )
                href = f"/c/{ref.slug}/proposal/{public_id}"
                about = {
                    "subject": f"proposal:{public_id}",
                    "title": title,
                    "owner_id": author,
                    "href": href,
                    "action": "",
                }
                talks.append({**where, **about, "public_id": new_public_id()})
                named = {"proposal": public_id}
                told = {**named, "title": title, "text": text}
                pen.event("proposal.submitted", clock.now(), ref.project_id, author, told, named)
            tx.session.execute(insert(Proposal), rows)
            tx.session.execute(insert(Talk), talks)
            pen.close()
            index.renew("proposal", list(ids))
            query = select(Proposal.public_id, Proposal.id).where(Proposal.public_id.in_(ids))
            found |= {ids[public_id]: row for public_id, row in tx.session.execute(query)}
    return found


def _supports(clock: FixedClock, votes: list[Row], proposals: dict[str, int], persons: dict[str, int]) -> int:
    """Each one's last word on each statement, where it is agreement."""
    last: dict[tuple[str, str], str] = {}
    for vote in sorted(votes, key=lambda row: int(row["timestamp"])):
        if vote["comment-id"] in proposals:
            last[vote["comment-id"], vote["voter-id"]] = vote["vote"]
    rows = [
        {"proposal_id": proposals[comment], "person_id": persons[voter], "at": clock.now()}
        for (comment, voter), vote in last.items()
        if vote == "1"
    ]
    for start in range(0, len(rows), 20_000):
        with transaction() as tx:
            tx.session.execute(insert(ProposalSupport), rows[start : start + 20_000])
    return len(rows)
