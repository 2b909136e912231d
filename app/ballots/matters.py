"""What an owners' vote is under the law: its matter, named by a person, and whether it was authorised to be statutory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.ballots.course import may_draft
from app.ballots.law_models import Authorisation, Matter
from app.ballots.models import Decision
from app.ballots.queries import rounds_of
from app.core.database import db
from app.core.events import record_event
from app.core.media import Upload, name_upload
from app.core.transaction import Lock, Tx, transaction
from app.engine.canonical import canon, tagged
from app.engine.errors import Frozen, Invalid, NotFound
from app.engine.phrase import Phrase, phrase
from app.engine.voting import RULES
from app.engine.voting.owners import ITEMS
from app.people.actor import Actor
from app.people.models import Person
from app.people.places import Community
from app.projects.kinds import ActivityRef
from app.projects.queries import find_activity

LEAST_REASON = 10


def law_says(electorate: str, matter: Mapping[str, Any]) -> Phrase | None:
    """The sentence that every page and record of an owners' vote carries; None where others than owners are asked."""
    if electorate != "owner":
        return None
    paper = matter.get("authorisation")
    if not paper:
        return phrase(
            "This is an opinion survey (意向征询) among the owners, not a vote with effect in law: no authorisation for "
            "statutory voting is on file for it."
        )
    return phrase(
        "A statutory vote of the owners, authorised by %(authority)s, document %(number)s of %(day)s.",
        authority=paper["authority"],
        number=paper["number"],
        day=paper["date"],
    )


def matter_says(matter: Mapping[str, Any]) -> Phrase | None:
    """Under which item of the law a vote stands, by whose word and why; None where none was named."""
    if not matter.get("item"):
        return None
    item = ITEMS[matter["item"]]
    return phrase(
        "Civil Code, article 278, item (%(number)s): %(title)s. So classified by %(by)s: %(reason)s",
        number=item.number,
        title=item.title,
        by=matter["by"],
        reason=matter["reason"],
    )


def matter_of(decision_id: int) -> Matter | None:
    """The matter of a decision, as it was last named."""
    return db.session.scalar(select(Matter).where(Matter.decision_id == decision_id))


def rule_key(ref: ActivityRef, matter: Mapping[str, Any]) -> str:
    """The rule of a vote: the method's own, or, where owners decide by the law, the one that follows from the matter."""
    written = ref.activity.word("rule")
    return ITEMS[matter["item"]].rule if RULES[written].by_area and matter.get("item") else written


def after_deadlock(ref: ActivityRef) -> dict[str, Any]:
    """What the separate vote after a deadlock freezes: that it is one, and for how many days its count is under notice."""
    return {"formal": True, "notice_days": ref.activity.whole("count_notice_days")}


def preview(ref: ActivityRef, decision: Decision | None) -> dict[str, Any]:
    """What an announcement now would freeze as the matter; empty where others than owners are asked."""
    if ref.activity.word("electorate") != "owner":
        return {}
    frozen: dict[str, Any] = {
        "authorisation": _paper(ref.community_id),
        "notice_days": ref.activity.whole("count_notice_days"),
        "proxies": ref.activity.whole("proxies"),
    }
    row = matter_of(decision.id) if decision is not None else None
    if row is not None:
        item = ITEMS[row.item]
        frozen |= {"item": item.key, "rule": item.rule, "reason": row.reason, "at": row.at}
        frozen["by"] = db.session.scalars(select(Person.name).where(Person.id == row.classified_by_id)).one()
    return frozen


def freeze(ref: ActivityRef, decision: Decision) -> dict[str, Any]:
    """The matter as it freezes now; refused where the law asks for one and nobody has named it."""
    frozen = preview(ref, decision)
    if RULES[ref.activity.word("rule")].by_area and not frozen.get("item"):
        raise Invalid(
            phrase("This can't be announced yet."),
            {"opens": phrase("Say first, with your name and a reason, which matter of the law this is.")},
        )
    return frozen


def matter_hash(matter: Mapping[str, Any]) -> str:
    """What the log binds of a matter: no names or words stand there."""
    return tagged("qiding/matter/v1", canon(dict(matter))).hex() if matter else ""


def classify(actor: Actor, activity_public_id: str, item: str, reason: str) -> None:
    """Name the matter of a decision by owners, with a reason. The rule follows from it; nothing guesses it."""
    wrong: dict[str, Phrase] = {}
    if item not in ITEMS:
        wrong["item"] = phrase("Choose one of these.")
    if len(reason.strip()) < LEAST_REASON:
        wrong["reason"] = phrase("Say why, in at least %(n)s characters.", n=LEAST_REASON)
    if wrong:
        raise Invalid(phrase("The matter is not named yet."), wrong)
    with transaction() as tx:
        ref = find_activity(activity_public_id, tx.now)
        person_id = actor.require_facilitator(ref.community_id)
        decision = tx.session.scalar(select(Decision).where(Decision.activity_run_id == ref.id).with_for_update())
        if decision is None or ref.activity.word("electorate") != "owner":
            raise NotFound
        rounds = rounds_of([decision.id], tx.now)[decision.id]
        if not may_draft(decision, rounds, tx.now):
            raise Frozen(phrase("The matter is frozen since the announcement."))
        row = matter_of(decision.id)
        if row is None:
            row = Matter(community_id=ref.community_id, decision_id=decision.id)
            tx.session.add(row)
        row.item, row.reason, row.classified_by_id, row.at = item, reason.strip(), person_id, tx.now
        record_event(
            tx,
            "matter.classified",
            community_id=ref.community_id,
            project_id=ref.project_id,
            person_id=person_id,
            data={"reason": row.reason, "person": actor.public_id},
            public={"decision": decision.public_id, "item": item, "rule": ITEMS[item].rule},
        )


def authorisations(community_id: int) -> list[Authorisation]:
    """All authorisations of a community, the newest first."""
    query = select(Authorisation).where(Authorisation.community_id == community_id)
    return list(db.session.scalars(query.order_by(Authorisation.id.desc())))


def _standing(community_id: int) -> Authorisation | None:
    return next((row for row in authorisations(community_id) if row.revoked_at is None), None)


def _paper(community_id: int) -> dict[str, Any] | None:
    row = _standing(community_id)
    if row is None:
        return None
    return {"id": row.public_id, "authority": row.authority, "number": row.number, "date": row.date}


def authorise(actor: Actor, slug: str, authority: str, number: str, date: str, scan: Upload) -> str:
    """Enter an authorisation for statutory voting, with its scan; the newest that stands is the one named.

    Only the administrator of the town can.
    """
    person_id = actor.require_admin()
    with transaction() as tx:
        here = _community(tx, slug)
        media = name_upload(tx, scan, community_id=here.id, person_id=person_id, visibility="members")
        row = Authorisation(
            community_id=here.id,
            authority=authority,
            number=number,
            date=date,
            scan=media.public_id,
            entered_by_id=person_id,
            at=tx.now,
        )
        tx.session.add(row)
        tx.session.flush()
        record_event(
            tx,
            "authorisation.entered",
            community_id=here.id,
            person_id=person_id,
            data={"authority": authority, "number": number, "date": date, "person": actor.public_id},
            public={"authorisation": row.public_id, "scan": media.sha256},
        )
        return row.public_id


def revoke(actor: Actor, slug: str, public_id: str, reason: str) -> None:
    """Revoke an authorisation: votes announced from now on are opinion surveys again."""
    person_id = actor.require_admin()
    if len(reason.strip()) < LEAST_REASON:
        sentence = phrase("Say why, in at least %(n)s characters.", n=LEAST_REASON)
        raise Invalid(sentence, {"reason": sentence})
    with transaction() as tx:
        here = _community(tx, slug)
        query = select(Authorisation).where(Authorisation.public_id == public_id, Authorisation.community_id == here.id)
        row = tx.session.scalar(query.with_for_update().execution_options(populate_existing=True))
        if row is None or row.revoked_at is not None:
            raise NotFound
        row.revoked_at, row.revoked_by_id, row.revoked_reason = tx.now, person_id, reason.strip()
        record_event(
            tx,
            "authorisation.revoked",
            community_id=here.id,
            person_id=person_id,
            data={"reason": reason.strip(), "person": actor.public_id},
            public={"authorisation": row.public_id},
        )


def _community(tx: Tx, slug: str) -> Community:
    found = tx.session.scalar(select(Community).where(Community.slug == slug))
    if found is None:
        raise NotFound
    # One after the other: two entered at once would both stand.
    tx.lock(Lock(Community, found.id))
    return found
