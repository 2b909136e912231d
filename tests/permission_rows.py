"""What a row of the table of permissions is, and the answers that many rows share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ROLES = (
    "anonymous",
    "author",  # a resident here, who wrote and voted
    "partner",  # another resident of the same household
    "neighbour",  # a resident here of another household
    "resident_elsewhere",
    "facilitator",
    "facilitator_elsewhere",
    "planner",
    "department",
    "observer",
    "inspector",
    "administrator",
)

EVERYBODY = "*: page"
SIGNED_IN = "anonymous: sign in | *: page"
# Those of the community learn that they may not; to outsiders there is nothing here, the town's administrator included.
HERE = "author partner neighbour planner department observer inspector: 403 | *: 404"
LOOKS = "author partner neighbour facilitator planner department observer: 403 | *: 404"
LEADS = f"anonymous: sign in | facilitator: page | {HERE}"
LEADS_DO = f"anonymous: sign in | facilitator: does it | {HERE}"
OFFICE = f"anonymous: sign in | facilitator administrator: page | {HERE}"
OFFICE_DOES = f"anonymous: sign in | facilitator administrator: does it | {HERE}"
TOWN_GIVES = f"anonymous: sign in | administrator: does it | {HERE}"
STAFF_ONLY = "anonymous: sign in | author partner neighbour resident_elsewhere: 403 | *: page"
STAFF_ONLY_DO = STAFF_ONLY.replace("page", "does it")
TOWN = "anonymous: sign in | administrator: page | *: 404"
TOWN_DOES = "anonymous: sign in | administrator: does it | *: 404"
AUTHOR = "anonymous: sign in | author: page | *: 404"
AUTHOR_DOES = "anonymous: sign in | author: does it | *: 404"
RESIDENTS_DO = "anonymous: sign in | author partner neighbour: does it | *: 403"
MEMBERS_DO = (
    "anonymous: sign in | author partner neighbour facilitator planner department observer inspector: does it | *: 403"
)
RINGS_DO = "anonymous: sign in | author partner neighbour facilitator planner department: does it | *: 403"
WRITERS = "anonymous: sign in | facilitator planner: page | *: 403"
WRITERS_DO = "anonymous: sign in | facilitator planner: does it | *: 403"
PAIRED_DO = "anonymous: sign in | author partner neighbour resident_elsewhere: does it | *: 404"

REASON = "现场看过，图纸也对过，可以这样办。"
WORDS = {"title": "加一张长椅", "text": "老人走累了可以坐一坐。"}
COMMENT = {"kind": "question", "text": "这里晚上有灯吗？", "once": "a-form"}
SURE = {"sure": "1"}
STAFF = {"name": "周工", "email": "zhou@example.org"}
COMMUNITY = {"name": "新里", "desk_place": "议事角", "desk_hours": "周二", "desk_phone": "5550 0188"}
MEMBER = {"name": "赵师傅", "ring": "residents", "role": "巡查", "conflict": "none"}
PROJECT = {"title": "修长廊", "place": "5号楼前", "summary": "长廊漏雨。"}
CSV = "楼号,室号,面积\n5,101,80\n".encode()
OBJECTION = {
    "stance": "objection",
    "kind": "harm",
    "passage": "第一条",
    "reason": "种植箱压上去，防水层会坏，楼下三户人家去年就漏过水，修都没有办法修，请改一改。",
}
ON_FILE = {"authority": "区房管局", "number": "沪房〔2026〕1号", "day": "2026-03-01", "document": b"%PDF-1.4 a paper"}
MANDATE = {"entry": "{entry}", "unit": "5-102", "name": "张阿姨", "paper": "书面委托，本人签名"}


@dataclass(frozen=True)
class Row:
    """One cell line of the table. ``data`` may name ``{fields}`` of the world: method, code, first, second, colleague."""

    method: str
    endpoint: str
    at: str
    answers: str
    data: dict[str, Any] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    pairing: bool = False  # the browser has just sent a household's code

    @property
    def name(self) -> str:
        """How the row is called in the tests' list."""
        more = "-".join([self.at, *self.values.values(), *(["paired"] if self.pairing else [])])
        return f"{self.method} {self.endpoint} {more}".strip()

    def expected(self) -> dict[str, str]:
        """The answer of each role; a role that no part names is refused."""
        found = dict.fromkeys(ROLES, "404")
        parts = [part.split(": ") for part in self.answers.split(" | ")]
        for names, answer in sorted(parts, key=lambda part: part[0] != "*"):
            for name in ROLES if names == "*" else names.split():
                if name not in ROLES:
                    raise ValueError(f"{self.name}: no such role: {name}")
                found[name] = answer
        return found


def form(endpoint: str, at: str, get: str, post: str, data: dict[str, Any] | None = None, **values: str) -> list[Row]:
    """A page with a form: who sees it, and who may send it."""
    return [Row("GET", endpoint, at, get, values=values), Row("POST", endpoint, at, post, data or {}, values)]


def post(endpoint: str, at: str, answers: str, data: dict[str, Any] | None = None, **values: str) -> list[Row]:
    """What is only sent."""
    return [Row("POST", endpoint, at, answers, data or {}, values)]


def get(endpoint: str, at: str = "", answers: str = EVERYBODY, **values: str) -> list[Row]:
    """What is only read."""
    return [Row("GET", endpoint, at, answers, values=values)]
