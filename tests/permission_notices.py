"""Who gets what from the pages around notices: longer periods, complaints by code, boards, templates, the town's days."""

from __future__ import annotations

import io
from datetime import date

from PIL import Image
from sqlalchemy import select

from app.core.database import db
from app.notices import days, wordings
from app.people.actor import Actor
from app.people.places import Building
from tests.permission_rows import EVERYBODY, LEADS, LEADS_DO, REASON, SURE, TOWN, TOWN_DOES, form, get, post
from tests.permission_town import World


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(out, "PNG")
    return out.getvalue()


WORDING = {"name": "团队名单", "title": "“{项目}”团队名单公示", "text": "名单如下：{名单}"}
AROUND_NOTICES = [
    *form("notices.extend", "board", LEADS, LEADS_DO, {"last": "2026-04-30", "reason": REASON}),
    *form(
        *("notices.complain_by_code", "board", EVERYBODY, "*: does it"),
        {"code": "{code}", "text": REASON, "once": "a-form"},
    ),
    *form(
        *("notices.board", "wall", LEADS, LEADS_DO),
        {"day": "2026-03-12", "hung_by": "王阿姨", "photo": _picture()},
    ),
    *get("notices.templates", "community", LEADS),
    *form("notices.new_template", "community", LEADS, LEADS_DO, {**WORDING, "once": "a-form"}),
    *form("notices.edit_template", "wording", LEADS, LEADS_DO, WORDING),
    *post("notices.remove_template", "wording", LEADS_DO, SURE),
    *form("notices.special_days", "", TOWN, TOWN_DOES, {"day": "2026-05-04", "working": "no", "why": "全市停工。"}),
    *post("notices.unset_day", "", TOWN_DOES, day="2026-05-05"),
]


def around_notices(world: World, slug: str, lead: Actor) -> None:
    """A board on which the notice hangs, a template of the community's own, and a day that the town has set."""
    here = world.communities[slug]
    building = db.session.scalars(select(Building.id).where(Building.community_id == here)).first()
    world.place(slug, "wall", public_id=world.at[slug]["board"]["public_id"], building_id=str(building))
    kept = wordings.keep(lead, here, "名单", {"title": "名单公示", "text": "名单如下。"})
    world.place(slug, "wording", public_id=kept)
    days.set_day(world.actors["administrator"], date(2026, 5, 5), False, "停工。")
