"""Commands of proposals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update

from app.comments.service import ensure_talk
from app.core.events import record_event
from app.core.media import Upload, mark_of, name_upload
from app.core.once import remember, replayed
from app.core.outbox import tell
from app.core.transaction import Lock, Tx, transaction
from app.engine.errors import Conflict, Invalid, NotFound
from app.engine.phrase import phrase
from app.people.actor import Actor
from app.projects.admission import admit, require_open
from app.projects.kinds import ActivityRef
from app.projects.models import ActivityRun
from app.projects.queries import find_activity
from app.proposals import queries
from app.proposals.models import Proposal, ProposalRevision, ProposalSupport
from app.proposals.outcomes import followers

LEAST_ANSWER = 10


@dataclass(frozen=True)
class Words:
    """What an author says: cost in fen, the pin in thousandths of the plan."""

    title: str
    text: str
    cost: int | None = None
    pin: tuple[int, int] | None = None
    photo: Upload | str | None = None


def save_draft(actor: Actor, activity_public_id: str, words: Words, *, public_id: str = "", once: str = "") -> str:
    """Write a draft, which only its author sees; ``public_id`` names one that is there already."""
    person_id = actor.person()
    with transaction() as tx:
        ref = admit(tx, actor, activity_public_id, "propose")
        sent = [activity_public_id, public_id, words.title, words.text, words.cost, list(words.pin or ())]
        sent += mark_of(words.photo)
        if once and (known := replayed(tx, f"proposal:{person_id}", once, sent)):
            return known
        if public_id:
            proposal = _own(tx, actor, public_id)
            if proposal.state != "draft" or proposal.activity_run_id != ref.id:
                raise Conflict(phrase("This proposal was sent already. Edit it on its page."))
        else:
            proposal = Proposal(
                community_id=ref.community_id,
                project_id=ref.project_id,
                activity_run_id=ref.id,
                person_id=person_id,
                title="",
                text="",
                created_at=tx.now,
            )
            tx.session.add(proposal)
        _set(tx, ref, proposal, words, person_id)
        tx.session.flush()
        if once:
            remember(tx, f"proposal:{person_id}", once, sent, proposal.public_id)
        return proposal.public_id


def _set(tx: Tx, ref: ActivityRef, proposal: Proposal, words: Words, person_id: int) -> None:
    wrong = {}
    if not words.title.strip():
        wrong["title"] = phrase("Please fill this in.")
    if not words.text.strip():
        wrong["text"] = phrase("Please fill this in.")
    if ref.activity.flag("needs_cost") and words.cost is None:
        wrong["cost"] = phrase("Say roughly what it costs.")
    if ref.activity.word("photo") == "required" and not words.photo and not proposal.photo:
        wrong["photo"] = phrase("Add a photo or a drawing.")
    if wrong:
        raise Invalid(phrase("Something is missing."), wrong)
    proposal.title, proposal.text, proposal.cost = words.title.strip(), words.text.strip(), words.cost
    if words.pin is not None:
        proposal.pin_x, proposal.pin_y = words.pin
    if isinstance(words.photo, Upload):
        proposal.photo = name_upload(tx, words.photo, community_id=ref.community_id, person_id=person_id).public_id
    elif words.photo:
        proposal.photo = words.photo


def _own(tx: Tx, actor: Actor, public_id: str) -> Proposal:
    proposal = tx.session.scalar(select(Proposal).where(Proposal.public_id == public_id).with_for_update())
    if proposal is None or proposal.person_id != actor.person():
        raise NotFound
    return proposal


def submit(actor: Actor, public_id: str) -> None:
    """Send a draft: from now on everybody reads it. Sent twice, it is sent once."""
    with transaction() as tx:
        proposal = _own(tx, actor, public_id)
        if proposal.state == "submitted":
            return
        if proposal.state != "draft":
            raise Conflict(phrase("This proposal was withdrawn or merged."))
        ref = admit(tx, actor, _activity(tx, proposal), "propose")
        proposal.state, proposal.submitted_at = "submitted", tx.now
        _open_talk(tx, ref, proposal)
        _event(tx, proposal, "proposal.submitted", actor, {"title": proposal.title, "text": proposal.text})


def _open_talk(tx: Tx, ref: ActivityRef, proposal: Proposal) -> None:
    href = f"/c/{ref.slug}/proposal/{proposal.public_id}"
    ensure_talk(tx, ref, f"proposal:{proposal.public_id}", proposal.title, href, owner_id=proposal.person_id)


def _activity(tx: Tx, proposal: Proposal) -> str:
    return tx.session.scalars(select(ActivityRun.public_id).where(ActivityRun.id == proposal.activity_run_id)).one()


def _event(tx: Tx, proposal: Proposal, kind: str, actor: Actor, data: dict[str, object]) -> None:
    record_event(
        tx,
        kind,
        community_id=proposal.community_id,
        project_id=proposal.project_id,
        person_id=actor.person_id,
        data={"proposal": proposal.public_id, **data},
        public={"proposal": proposal.public_id},
    )


def _href(tx: Tx, proposal: Proposal) -> str:
    return f"/c/{find_activity(_activity(tx, proposal), tx.now).slug}/proposal/{proposal.public_id}"


def edit(actor: Actor, public_id: str, words: Words, *, once: str = "") -> None:
    """Change a sent proposal while its activity is open; what it said before is kept, its supporters are told; once a form."""
    with transaction() as tx:
        proposal = _own(tx, actor, public_id)
        scope = f"proposal.edit:{actor.person_id}"
        sent = [public_id, words.title, words.text, words.cost, list(words.pin or ()), *mark_of(words.photo)]
        if once and replayed(tx, scope, once, sent):
            return
        if proposal.state != "submitted":
            raise Conflict(phrase("This proposal was withdrawn or merged."))
        if proposal.status:
            raise Conflict(phrase("This proposal was answered already. Say more in the talk below it."))
        ref = admit(tx, actor, _activity(tx, proposal), "propose")
        number = tx.session.scalar(
            select(func.count()).select_from(ProposalRevision).where(ProposalRevision.proposal_id == proposal.id)
        )
        tx.session.add(
            ProposalRevision(
                proposal_id=proposal.id,
                number=(number or 0) + 1,
                title=proposal.title,
                text=proposal.text,
                cost=proposal.cost,
                at=tx.now,
            )
        )
        _set(tx, ref, proposal, words, actor.person())
        _event(tx, proposal, "proposal.edited", actor, {"title": proposal.title, "text": proposal.text})
        tell(
            tx,
            followers(tx, proposal, actor.person_id),
            "proposal.edited",
            community_id=proposal.community_id,
            project_id=proposal.project_id,
            data={"title": proposal.title},
            href=_href(tx, proposal),
        )
        if once:
            remember(tx, scope, once, sent, public_id)


def withdraw(actor: Actor, public_id: str) -> None:
    """Withdraw one's proposal; it stays readable, marked so."""
    with transaction() as tx:
        proposal = _own(tx, actor, public_id)
        if proposal.state not in ("draft", "submitted") or proposal.chosen:
            raise Conflict(phrase("This proposal can't be withdrawn any more."))
        require_open(find_activity(_activity(tx, proposal), tx.now))
        proposal.state = "withdrawn"
        _event(tx, proposal, "proposal.withdrawn", actor, {})


def support(actor: Actor, public_id: str, *, on: bool) -> None:
    """Support a proposal, or take one's support back; said twice, it counts once."""
    with transaction() as tx:
        proposal = tx.session.scalar(select(Proposal).where(Proposal.public_id == public_id, queries.visible()))
        if proposal is None:
            raise NotFound
        tx.lock(Lock(Proposal, proposal.id))
        admit(tx, actor, _activity(tx, proposal), "support")
        if proposal.state != "submitted":
            raise Conflict(phrase("This proposal was withdrawn or merged."))
        known = tx.session.scalar(
            select(ProposalSupport).where(
                ProposalSupport.proposal_id == proposal.id, ProposalSupport.person_id == actor.person()
            )
        )
        if on and known is None:
            tx.session.add(ProposalSupport(proposal_id=proposal.id, person_id=actor.person(), at=tx.now))
        elif not on and known is not None:
            tx.session.delete(known)


def _moderated(tx: Tx, actor: Actor, public_id: str) -> Proposal:
    proposal = tx.session.scalar(
        select(Proposal).where(Proposal.public_id == public_id, queries.visible()).with_for_update()
    )
    if proposal is None:
        raise NotFound
    actor.require_facilitator(proposal.community_id)
    if not find_activity(_activity(tx, proposal), tx.now).running:
        raise Conflict(phrase("This step is closed; its record says what was answered."))
    return proposal


def answer(actor: Actor, public_id: str, status: str, reason: str) -> None:
    """Answer a proposal with a status and a reason, of which author and supporters are told."""
    if status not in ("accepted", "later", "declined"):
        wrong = phrase("Choose one of these.")
        raise Invalid(wrong, {"status": wrong})
    if len(reason.strip()) < LEAST_ANSWER:
        short = phrase("Give a reason of at least %(least)s characters.", least=LEAST_ANSWER)
        raise Invalid(short, {"reason": short})
    with transaction() as tx:
        proposal = _moderated(tx, actor, public_id)
        if proposal.state != "submitted":
            raise Conflict(phrase("This proposal was withdrawn or merged."))
        proposal.status, proposal.answer = status, reason.strip()
        proposal.answered_by_id, proposal.answered_at = actor.person(), tx.now
        if status != "accepted":
            proposal.chosen = False
        _event(tx, proposal, "proposal.answered", actor, {"status": status, "reason": reason.strip()})
        tell(
            tx,
            followers(tx, proposal, actor.person_id),
            "proposal.answered",
            community_id=proposal.community_id,
            project_id=proposal.project_id,
            data={"title": proposal.title, "status": status, "reason": reason.strip()},
            href=_href(tx, proposal),
        )


def choose(actor: Actor, public_id: str) -> None:
    """Choose a proposal that was taken up as what the step hands on; another one chosen before is let go."""
    with transaction() as tx:
        proposal = _moderated(tx, actor, public_id)
        if proposal.status != "accepted" or proposal.state != "submitted":
            raise Conflict(phrase("Only a proposal that is taken up can be chosen. Answer it first."))
        tx.session.execute(
            update(Proposal).where(Proposal.activity_run_id == proposal.activity_run_id).values(chosen=False)
        )
        proposal.chosen = True
        _event(tx, proposal, "proposal.chosen", actor, {})
        tell(
            tx,
            followers(tx, proposal, actor.person_id),
            "proposal.chosen",
            community_id=proposal.community_id,
            project_id=proposal.project_id,
            data={"title": proposal.title, "reason": proposal.answer},
            href=_href(tx, proposal),
        )


def merge(actor: Actor, activity_public_id: str, source_ids: Sequence[str], title: str, text: str) -> str:
    """Merge proposals into a new one that links them; their authors and supporters are told, nothing is moved silently."""
    wrong = {}
    if len(set(source_ids)) < 2:
        wrong["sources"] = phrase("Choose two or more.")
    if not title.strip():
        wrong["title"] = phrase("Please fill this in.")
    if not text.strip():
        wrong["text"] = phrase("Please fill this in.")
    if wrong:
        raise Invalid(phrase("Something is missing."), wrong)
    with transaction() as tx:
        ref = find_activity(activity_public_id, tx.now)
        person_id = actor.require_facilitator(ref.community_id)
        rows = list(
            tx.session.scalars(
                select(Proposal)
                .where(
                    Proposal.public_id.in_(source_ids),
                    Proposal.activity_run_id == ref.id,
                    Proposal.state == "submitted",
                )
                .order_by(Proposal.id)
                .with_for_update()
            )
        )
        if len(rows) != len(set(source_ids)) or not ref.running:
            raise Conflict(phrase("Some of these proposals can't be merged any more."))
        merged = Proposal(
            community_id=ref.community_id,
            project_id=ref.project_id,
            activity_run_id=ref.id,
            person_id=person_id,
            state="submitted",
            title=title.strip(),
            text=text.strip(),
            cost=max((row.cost for row in rows if row.cost is not None), default=None),
            photo=next((row.photo for row in rows if row.photo), ""),
            pin_x=rows[0].pin_x,
            pin_y=rows[0].pin_y,
            created_at=tx.now,
            submitted_at=tx.now,
        )
        tx.session.add(merged)
        tx.session.flush()
        _open_talk(tx, ref, merged)
        for row in rows:
            row.state, row.status, row.merged_into_id = "merged", "merged", merged.id
            row.chosen = False
            row.answered_by_id, row.answered_at = person_id, tx.now
            tell(
                tx,
                followers(tx, row, person_id),
                "proposal.merged",
                community_id=ref.community_id,
                project_id=ref.project_id,
                data={"title": row.title, "into": merged.title},
                href=f"/c/{ref.slug}/proposal/{merged.public_id}",
            )
        _event(tx, merged, "proposal.merged", actor, {"sources": [row.public_id for row in rows]})
        return merged.public_id
