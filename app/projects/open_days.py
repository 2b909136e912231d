"""Activities that are open for a time, in the community's calendar: proposing until a day, talking until a day."""

from __future__ import annotations

from collections.abc import Iterator

from app.engine.phrase import phrase
from app.people.places import Community
from app.projects.kinds import kind_of
from app.projects.published import Dates, Day
from app.projects.queries import activity_refs, projects_in


def days(here: Community, since: int, now: int) -> Iterator[Day]:
    """The windows with a beginning and an end, of steps that are open; a feature that sets its own times tells them itself."""
    for ref in activity_refs(projects_in(here.id), now, current_only=True):
        opens, closes = ref.window.opens_at, ref.window.closes_at
        if kind_of(ref).own_times or opens is None or closes is None or closes < since:
            continue
        yield Day(
            key=f"activity/{ref.public_id}",
            says=phrase("%(what)s: “%(title)s”", what=ref.activity.title, title=ref.project_title),
            about=ref.project_title,
            endpoint=kind_of(ref).endpoint,
            target=ref.public_id,
            starts_at=opens,
            ends_at=closes,
        )


DATES = Dates(days)
