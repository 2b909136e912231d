"""Words that would run as a script, in every column that holds people's words, on every page, in a browser.

Nothing runs, and nothing even tries to: the policy that would stop it has nothing to report.
"""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Error
from sqlalchemy import Column, String, Table, Text, UniqueConstraint, update
from sqlalchemy.exc import IntegrityError

from app.core.clock import FixedClock
from app.core.database import Base, db
from tests.browser.conftest import serving
from tests.browser.test_pages import SKIPPED
from tests.permission_requests import address
from tests.permission_table import ROWS, Row
from tests.permission_world import World, build

RUN = "window.payloadRan=1"
PAYLOAD = "".join(
    (
        f"\"><script>{RUN}</script>'><img src=x onerror={RUN}><svg/onload={RUN}>",
        f"\" autofocus onfocus={RUN} x=\"' autofocus onfocus={RUN} x='",
        f"</title></textarea></script><script>{RUN}</script><iframe srcdoc='<script>parent.{RUN}</script>'>",
        f"<a href=javascript:{RUN}>x</a> [x](javascript:{RUN}) &#60;script&#62;{RUN}&#60;/script&#62;",
        f"<math><mtext><style><img src onerror={RUN}></style><!--><img src=x onerror={RUN}>--><base href=//evil.example>",
        "<meta http-equiv=refresh content='0;url=//evil.example'><form action=//evil.example><input name=csrf_token>",
        f"\u2028\u2029<sCrIpT>{RUN}</sCrIpT><details open ontoggle={RUN}>{{{{7*7}}}}${{7*7}}",
    )
)
# Columns of people's words, by name; what a column of this name holds elsewhere may be words too.
WORDS = frozenset(
    (
        *("title", "text", "reason", "note", "name", "name_en", "label", "summary", "place", "about", "address"),
        *(
            "answer",
            "appeal",
            "appeal_answer",
            "hidden_reason",
            "householder",
            "desk_place",
            "desk_hours",
            "desk_phone",
        ),
        *("grounds", "passage", "cancel_reason", "change_reason", "question", "by_name", "on_paper_by", "source"),
        *("paper", "fault", "found", "remarks", "authority", "contact", "state_reason"),
    )
)
WATCH = """document.addEventListener('securitypolicyviolation', function (event) {
    window.payloadReports = (window.payloadReports || []).concat(event.violatedDirective + ' ' + event.blockedURI);
});"""


def _unique(table: Table, column: Column[Any]) -> bool:
    """Whether a table's rows must differ in a column."""
    rules = [rule.columns for rule in table.constraints if isinstance(rule, UniqueConstraint)]
    rules += [index.columns for index in table.indexes if index.unique]
    return bool(column.unique) or bool(column.foreign_keys) or any(column.name in rule for rule in rules)


def poison(app: Flask) -> list[str]:
    """Put the payload into every column of words; returns which these are."""
    done = []
    with app.app_context(), db.engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                words = isinstance(column.type, (String, Text)) and column.name in WORDS
                if words and (table.name, column.name) not in KEYS and not _unique(table, column):
                    try:
                        with connection.begin_nested():
                            connection.execute(update(table).where(column.is_not(None)).values({column.name: PAYLOAD}))
                        done.append(f"{table.name}.{column.name}")
                    except IntegrityError:  # one of a few words that the table knows
                        continue
    return done


# These are chosen from a list by the program, or hashed and compared before they are shown.
KEYS = {("meeting_minutes", "text"), ("sheet", "label")}


def _cookie(world: World, role: str) -> str:
    client = world.app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"], session["at"] = world.users[role], True, world.clock.now()
    cookie = client.get_cookie("qiding")
    assert cookie is not None
    return str(cookie.value)


def _pages(role: str) -> list[Row]:
    return [
        row
        for row in ROWS
        if row.method == "GET" and row.expected()[role] == "page" and row.endpoint not in SKIPPED and not row.pairing
    ]


@pytest.mark.parametrize("role", ["author", "facilitator", "administrator"])
def test_nothing_that_people_write_runs(app: Flask, clock: FixedClock, browser: Browser, role: str) -> None:
    world = build(app, clock)
    poisoned = poison(app)
    assert len(poisoned) > 40, poisoned
    seen, shown, found = 0, 0, []
    with serving(app, clock, browser) as site:
        context = browser.new_context(base_url=site.base)
        context.add_cookies([{"name": "qiding", "value": _cookie(world, role), "url": site.base}])
        context.add_init_script(WATCH)
        page = context.new_page()
        page.on("dialog", lambda dialog: dialog.dismiss())
        for row in _pages(role):
            url = address(world, row)
            try:
                answer = page.goto(url, wait_until="domcontentloaded", timeout=120_000)
            except Error as error:
                if "Download is starting" in str(error) or "ERR_ABORTED" in str(error):
                    continue  # a file, which no page shows
                raise
            assert answer is not None
            if answer.status != 200 or "html" not in (answer.header_value("content-type") or ""):
                continue
            seen, shown = seen + 1, shown + ("payloadRan" in page.content())
            if page.evaluate("window.payloadRan") is not None:
                found.append(f"{url}: it ran")
            reports = page.evaluate("window.payloadReports")
            if reports:
                found.append(f"{url}: {reports}")
            if page.locator("base, iframe, meta[http-equiv=refresh], math, [onfocus], [onerror]").count():
                found.append(f"{url}: an element of the payload is in the page")
        context.close()
    assert found == []
    assert seen > 20, seen
    assert shown > seen / 3, (shown, seen)
    print(f"{role}: {seen} pages, {shown} of them with the payload, {len(poisoned)} columns")
