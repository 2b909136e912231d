"""Requests made up from the map of addresses, the roles and the corpus of bad input: goal S3.

Nothing may answer with 5xx, log a traceback, or write where the answer does not explain it: a write is explained by an
answer below 400 to a POST of somebody who is signed in, or of whom the permission table lets in without. That a session or
a device was in use is noted at any request of its own, in its own row, and nothing else of it.
"""

from __future__ import annotations

import io
import logging
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from werkzeug.datastructures import MultiDict
from werkzeug.routing import Rule

from app.core.clock import DAY, HOUR
from app.core.database import Base
from tests import bad_input as bad
from tests.permission_requests import Furnished, body
from tests.permission_table import ROLES, ROWS, Row

METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND")
SLOW = ("pdf", "poster", "slips", "printed", "as_word", "download", "bundle", "dossier")  # these make files
IN_PATHS = (
    *("0" * 16, "1", "-1", "1 OR 1=1", "..", "../1", "%00", "\udce4", "A" * 300, "9" * 400, "ziteng", "nowhere"),
    *("\u202e", "<script>", "{{7*7}}", "a\nb", ";", "#", "?", "con", "C:\\x", "%2e%2e", "١"),
)
WORDS: tuple[Any, ...] = (
    *bad.BLANK,
    *bad.BROKEN,
    *bad.TWO_LINES,
    *bad.ODD,
    *bad.NUMBERS,
    *bad.AMOUNTS,
    *bad.DAYS,
    *bad.CHOICES,
    *bad.KEYS,
    *bad.ELSEWHERE,
    *bad.PAGES,
    *("(a+)+$", "*" * 10_000, "长" * 5_000, "true", "null", "[]", "{}", "y", "1", "2026-03-12"),
)
QUERY = (
    "page",
    "q",
    "sort",
    "status",
    "next",
    "lang",
    "code",
    "find",
    "year",
    "kind",
    "step",
    "formal",
    "in",
    "cursor",
)
HEADERS: tuple[tuple[str, str], ...] = (
    ("Origin", "https://evil.example"),
    ("Origin", "null"),
    ("Accept-Language", "x" * 2000),
    ("Accept-Language", "en;q=zz, zh;q=, *"),
    ("Accept", "application/json"),
    ("Accept", "*/*;q=NaN"),
    ("If-None-Match", '"' + "x" * 500),
    ("If-Modified-Since", "yesterday"),
    ("Range", "bytes=5-1,-,9-"),
    ("X-Forwarded-For", "1.2.3.4, ::1, x"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Request-ID", "a b\tc"),
    ("Referer", "javascript:alert(1)"),
    ("Content-Encoding", "gzip"),
    ("User-Agent", "\u00ff" * 400),
    ("Cookie", "qiding=x.y.z; size=large; language=xx"),
    ("Host", "evil.example"),
)
MAY = ("page", "away", "does it", "passes")
IN_USE = {"staff": "staff_session", "device": "device"}  # by how whoever is signed in is called


class Noticed(logging.Handler):
    """What was logged as an error of ours."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage()[:300])


@dataclass
class Fuzz:
    """A run: what was asked, what was answered, and what is wrong."""

    town: Furnished
    seed: int
    answered: Counter[int] = field(default_factory=Counter)
    endpoints: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    writes: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.begun = self.town.world.clock.now()
        self.rules: Sequence[Rule] = sorted(
            self.town.world.app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule)
        )
        self.weights = [0.1 if any(word in rule.endpoint for word in SLOW) else 1.0 for rule in self.rules]
        self.rows: dict[str, list[Row]] = {}
        for row in ROWS:
            self.rows.setdefault(row.endpoint, []).append(row)
        self.open_posts = {
            row.endpoint
            for row in ROWS
            if row.method == "POST" and row.expected()["anonymous"] in ("does it", "passes")
        }

    def run(self, times: int) -> None:
        """Ask so often; stops at twenty wrongs."""
        noticed = Noticed()
        root = logging.getLogger()
        root.addHandler(noticed)
        try:
            for number in range(times):
                self._one(number, noticed)
                if len(self.wrong) >= 20:
                    return
        finally:
            root.removeHandler(noticed)
            self.town.world.clock.set(self.begun)

    def _one(self, number: int, noticed: Noticed) -> None:
        dice, world = self.dice, self.town.world
        rule = dice.choices(self.rules, self.weights)[0]
        method = dice.choice(sorted((rule.methods or {"GET"}) - {"OPTIONS", "HEAD"})) if dice.random() < 0.9 else ""
        method = method or dice.choice(METHODS)
        rows = [row for row in self.rows.get(rule.endpoint, []) if row.method == method] or self.rows.get(
            rule.endpoint, []
        )
        row = dice.choice(rows) if rows else None
        role = dice.choice(ROLES)
        if row is not None and dice.random() < 0.6:  # somebody who may: others are turned away before anything is read
            role = dice.choice([one for one, answer in row.expected().items() if answer in MAY] or [role])
        world.clock.set(self.begun + dice.choice((0, 0, 0, 0, HOUR, 3 * DAY, 40 * DAY)))
        path = self._path(rule, row)
        request: dict[str, Any] = {"query_string": self._query()} if dice.random() < 0.4 else {}
        request["headers"] = [dice.choice(HEADERS)] if dice.random() < 0.3 else []
        if method not in ("GET", "HEAD"):
            request |= self._body(row)
        if any(name == "Host" for name, _ in request["headers"]):
            request["headers"], request["base_url"] = [], "http://evil.example"
        user, client = world.users.get(role), world.app.test_client()
        with client.session_transaction() as session:
            if user:
                session["_user_id"], session["_fresh"], session["at"] = user, True, world.clock.now()
            if dice.random() < 0.05:
                session["pairing"] = world.code_id
                user = user or "paired"
        where = f"#{number} {role} {method} {path[:120]} ({rule.endpoint})"
        noticed.said.clear()
        try:
            with client.open(path, method=method, **request) as answer:
                status = answer.status_code
                answer.get_data()
        except Exception as error:
            self.wrong.append(f"{where}: raised {error!r:.200}")
            return
        self.answered[status] += 1
        self.endpoints.add(rule.endpoint)
        if status >= 500:
            self.wrong.append(f"{where}: {status} {noticed.said[:1]}")
        elif noticed.said:
            self.wrong.append(f"{where}: {status}, and logged {noticed.said[0]}")
        written, changed = self.town.changed()
        changed = [name for name in changed if not self._notes_use(name, user)]
        if written:
            self.town.put_back()
        if changed:
            self.writes += 1
            known = user is not None or rule.endpoint in self.open_posts
            if method != "POST" or status >= 400 or not known:
                self.wrong.append(f"{where}: {status}, and {changed} changed")

    def _notes_use(self, name: str, user: str | None) -> bool:
        """Whether all that changed in a table is when the session or device that asked was last in use."""
        kind, _, public_id = (user or "").partition(":")
        if IN_USE.get(kind) != name:
            return False
        columns = list(Base.metadata.tables[name].columns.keys())
        key, seen_at = columns.index("public_id"), columns.index("seen_at")
        before, after = self.town.rows[name], self.town.now[name]
        changed = [(was, now) for was, now in zip(before, after, strict=False) if was != now]
        return len(before) == len(after) and all(
            was[key] == public_id
            and now[seen_at] == self.town.world.clock.now()
            and now[:seen_at] + now[seen_at + 1 :] == was[:seen_at] + was[seen_at + 1 :]
            for was, now in changed
        )

    def _path(self, rule: Rule, row: Row | None) -> str:
        values: dict[str, str] = {}
        slug = "ziteng" if self.dice.random() < 0.9 else "guixiang"
        here = self.town.world.at[slug]
        if row is not None and (row.at in here or not row.at):
            values = {**here.get(row.at, {}), **row.values}
        out = rule.rule
        for name in rule.arguments:
            odd = self.dice.random() < 0.1 or name not in values
            value = self.dice.choice(IN_PATHS) if odd else values[name]
            start = out.index("<")
            for part in out.split("<")[1:]:
                inside = part.split(">")[0]
                if inside.split(":")[-1] == name:
                    start = out.index(f"<{inside}>")
                    out = out[:start] + quote(value, errors="surrogateescape") + out[start + len(inside) + 2 :]
                    break
        return out

    def _query(self) -> str:
        pairs = []
        for _ in range(self.dice.randint(1, 3)):
            value = self.dice.choice(WORDS)
            text = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
            pairs.append(f"{self.dice.choice(QUERY)}={quote(text[:3000])}")
        return "&".join(pairs)

    def _body(self, row: Row | None) -> dict[str, Any]:
        chance = self.dice.random()
        if chance < 0.1:
            return dict(self.dice.choice(bad.BODIES))
        data: dict[str, Any] = body(self.town.world, row) if row is not None else {}
        names = [*data, *bad.EXTRA, "once", "text", "x" * 300]
        for _ in range(self.dice.choice((0, 0, 1, 1, 2, 5))):
            name, value = self.dice.choice(names), self.dice.choice(WORDS)
            if self.dice.random() < 0.15:
                data.pop(name, None)
            elif self.dice.random() < 0.1:
                file = self.dice.choice(bad.PHOTOS)
                data[name] = (io.BytesIO(file.data), file.name)
            else:
                data[name] = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        return {"data": MultiDict([(name, item) for name, value in data.items() for item in _many(value)])}

    def verdict(self) -> str:
        """What was asked and answered, in a line."""
        kinds = Counter(status // 100 for status in self.answered.elements())
        said = ", ".join(f"{n} × {kind}xx" for kind, n in sorted(kinds.items()))
        return (
            f"{sum(self.answered.values())} requests to {len(self.endpoints)} endpoints (seed {self.seed}): {said}; "
            f"{self.writes} writes, all explained; 0 tracebacks"
        )


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
