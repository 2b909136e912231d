"""Who may come into an activity, and when: asked by every module's commands."""

from __future__ import annotations

from app.core.transaction import Tx
from app.engine import windows
from app.engine.errors import Closed, Forbidden
from app.engine.phrase import phrase
from app.people.actor import Actor
from app.projects import queries
from app.projects.kinds import ActivityRef


def admit(tx: Tx, actor: Actor, activity_public_id: str, action: str) -> ActivityRef:
    """Let an actor into an open activity for one of its actions, judged at ``tx.now``.

    Raises Forbidden when none of the actor's rings may do it, Closed when the activity is not open.
    """
    ref = queries.find_activity(activity_public_id, tx.now)
    if not may(actor, ref, action):
        if not actor.known:
            raise Forbidden(phrase("Please sign in first."))
        raise Forbidden(phrase("Your ring does not take part in this. You can read everything here."))
    require_open(ref)
    return ref


def may(actor: Actor, ref: ActivityRef, action: str) -> bool:
    """Whether one of the actor's rings may do this in the activity, whenever it is open."""
    return windows.may(ref.activity, action, actor.rings_in(ref.community_id))


def require_open(ref: ActivityRef) -> None:
    """Raise Closed, with the reason, unless the activity is open."""
    if ref.window.state == "open":
        return
    if not ref.running:
        raise Closed(phrase("This step is closed or the project rests. What was written stays readable."))
    if ref.window.state == "waiting":
        raise Closed(phrase("This has not begun yet."))
    raise Closed(phrase("The time for this is over."))
