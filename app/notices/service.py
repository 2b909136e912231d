"""Commands of notices: draft, post, let one hang longer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import select

from app.core.delivery import tell_groups
from app.core.events import record_event
from app.core.i18n import LANGUAGES, at_local, day, force_locale, gettext, local_date
from app.core.transaction import Tx, transaction
from app.engine.errors import Closed, Conflict, Frozen, Invalid
from app.engine.phrase import phrase
from app.notices import queries, wordings
from app.notices.complaints import LEAST, answer, complain, complain_by_code
from app.notices.content import MOST, TYPED, fill, freeze, places_left
from app.notices.days import period_of
from app.notices.deciding import decision_before, figures_of
from app.notices.models import Notice
from app.notices.period import Period
from app.people.actor import Actor
from app.people.models import Person
from app.people.places import Community
from app.people.queries import scope_labels
from app.projects.kinds import ActivityRef, only
from app.projects.models import ActivityRun
from app.projects.queries import find_activity, find_project_by_id

__all__ = ["answer", "complain", "complain_by_code", "extend", "post", "preview", "save_draft"]


def save_draft(
    actor: Actor,
    activity_public_id: str,
    title: str,
    basis: str,
    text: str,
    *,
    scope: str = "",
    conclusion: str = "",
    objecting: str = "",
    contact: str = "",
    signatory: str = "",
    wording: str = "",
) -> None:
    """Write a notice until it is posted. What stands in braces is filled when it is posted, or by hand before."""
    wrong = {
        name: phrase("Please fill this in.") for name, value in (("title", title), ("text", text)) if not value.strip()
    }
    if wrong:
        raise Invalid(phrase("Something is missing."), wrong)
    with transaction() as tx:
        ref = _ref(tx, actor, activity_public_id)
        notice = _standing(tx, ref)
        if notice is None:
            notice = Notice(community_id=ref.community_id, project_id=ref.project_id, activity_run_id=ref.id)
            tx.session.add(notice)
        elif notice.posted_at is not None:
            raise Frozen(phrase("The notice hangs already; its words can't be changed."))
        notice.title, notice.basis, notice.text = title.strip(), basis.strip(), text.strip()
        notice.scope, notice.conclusion, notice.objecting = scope.strip(), conclusion.strip(), objecting.strip()
        notice.contact, notice.signatory = contact.strip(), signatory.strip()
        begun = wordings.find(ref.community_id, wording)
        notice.wording = begun.key if begun is not None else ""


def _standing(tx: Tx, ref: ActivityRef) -> Notice | None:
    query = select(Notice).where(Notice.activity_run_id == ref.id, Notice.overtaken_at.is_(None))
    found: Notice | None = tx.session.scalar(query.with_for_update())
    return found


def _ref(tx: Tx, actor: Actor, activity_public_id: str) -> ActivityRef:
    ref = only(queries.NOTICE.spec, find_activity(activity_public_id, tx.now))
    actor.require_facilitator(ref.community_id)
    if not ref.running:
        raise Closed(phrase("This step is closed or the project rests. What was written stays readable."))
    return ref


def post(actor: Actor, activity_public_id: str) -> int:
    """Post the notice: what it says and its period are fixed. Returns the instant its period ends."""
    with transaction() as tx:
        ref = _ref(tx, actor, activity_public_id)
        notice = _standing(tx, ref)
        if ref.window.state == "waiting":
            # It comes after something else: the result of a vote can't hang before the vote is over.
            raise Closed(phrase("This has not begun yet."))
        if notice is None or not notice.text:
            raise Conflict(phrase("Write the notice first."))
        if notice.posted_at is not None:
            raise Frozen(phrase("The notice hangs already; its words can't be changed."))
        decision = decision_before(ref, tx.now)
        figures = figures_of(decision, tx.now) if decision is not None else None
        if decision is not None and figures is None:
            raise Conflict(phrase("What this notice tells of has no result yet: finish the count first."))
        found = _write(notice, ref, tx.session.get_one(Community, ref.community_id), figures, tx.now)
        left = list(dict.fromkeys(name for key in TYPED for name in places_left(getattr(notice, key))))
        if left:
            raise Conflict(phrase("Fill in what still stands in braces: %(what)s.", what=gettext(", ").join(left)))
        long = next((key for key in TYPED if len(getattr(notice, key)) > MOST[key]), None)
        if long is not None:
            words = getattr(notice, long)[:20]
            raise Conflict(phrase("With its places filled, this is too long: “%(words)s…”. Shorten it.", words=words))
        until = at_local(found.last + timedelta(days=1))
        notice.by_name = tx.session.scalar(select(Person.name).where(Person.id == actor.person())) or ""
        notice.posted_at, notice.posted_until, notice.until_at = tx.now, until, until
        notice.posted_by_id = actor.person()
        freeze(notice)
        run = tx.session.get_one(ActivityRun, ref.id)
        run.opens_at, run.closes_at = tx.now, until
        record_event(
            tx,
            "notice.posted",
            community_id=ref.community_id,
            project_id=ref.project_id,
            person_id=actor.person(),
            data={"notice": notice.public_id},
            public={"notice": notice.public_id, "text": notice.text_hash, "until": until},
        )
        tell_groups(
            tx,
            ref.community_id,
            "notice.posted",
            data={"title": notice.title, "until": until},
            href=f"/c/{ref.slug}/notice/{ref.public_id}",
            dedupe=f"posted:{notice.public_id}",
        )
        return until


def preview(notice: Notice, ref: ActivityRef, here: Community, now: int) -> Period:
    """Write into a notice that is not kept what posting it now would fix; returns its period."""
    decision = decision_before(ref, now)
    return _write(notice, ref, here, figures_of(decision, now) if decision is not None else None, now)


def _write(notice: Notice, ref: ActivityRef, here: Community, figures: Mapping[str, object] | None, now: int) -> Period:
    """Fix in a notice what the system knows: its days, its figures, the desk, and the places to fill."""
    notice.count, notice.days = ref.activity.word("count"), ref.activity.whole("days")
    found = period_of(local_date(now), notice.days, notice.count)
    notice.provisional = found.provisional
    notice.figures = dict(figures) if figures is not None else None
    notice.scope = notice.scope or places_of(ref, here)
    notice.contact = notice.contact or desk_of(here)
    notice.signatory = notice.signatory or here.name
    values = known_values(ref, here)
    for lang, known in values.items():
        with force_locale(lang):
            known |= {"from": day(now, year=True), "to": day(at_local(found.last), year=True), "days": str(notice.days)}
    for key in TYPED:
        setattr(notice, key, fill(getattr(notice, key), values))
    return found


def places_of(ref: ActivityRef, here: Community) -> str:
    """The buildings or entrances that a project concerns, or the whole community by its name."""
    found = "、".join(scope_labels(ref.scope)) or here.name
    return found if len(found) <= MOST["scope"] else f"{found[: MOST['scope'] - 1]}…"


def desk_of(here: Community) -> str:
    """Where a community's desk is, when somebody is there, and its telephone, in one line."""
    return str(gettext(", ")).join(part for part in (here.desk_place, here.desk_hours, here.desk_phone) if part)


def known_values(ref: ActivityRef, here: Community) -> dict[str, dict[str, str]]:
    """What the places in a template's words are filled with as far as it is known before the posting, by language."""
    place, found = find_project_by_id(ref.project_id).place, {}
    for lang in LANGUAGES:
        with force_locale(lang):
            known = {"project": ref.project_title, "place": place, "community": here.name, "desk": desk_of(here)}
            found[lang] = known
    return found


def extend(actor: Actor, activity_public_id: str, last: date, reason: str) -> int:
    """Let a notice that hangs hang longer, for a public reason. Shorter it never gets."""
    if len(reason.strip()) < LEAST:
        short = phrase("Give a reason of at least %(least)s characters.", least=LEAST)
        raise Invalid(short, {"reason": short})
    with transaction() as tx:
        ref = _ref(tx, actor, activity_public_id)
        notice = _standing(tx, ref)
        if notice is None or notice.until_at is None or not queries.hangs(notice, tx.now):
            raise Closed(phrase("This notice does not hang now."))
        until = at_local(last + timedelta(days=1))
        if until <= notice.until_at:
            later = phrase("Choose a later day: the period of a notice that hangs can't be shortened.")
            raise Invalid(later, {"last": later})
        notice.until_at = until
        tx.session.get_one(ActivityRun, ref.id).closes_at = until
        record_event(
            tx,
            "notice.extended",
            community_id=ref.community_id,
            project_id=ref.project_id,
            person_id=actor.person(),
            data={"notice": notice.public_id, "reason": reason.strip(), "by": actor.name, "until": until},
            public={"notice": notice.public_id, "until": until},
        )
        return until
