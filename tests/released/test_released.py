"""What each older program left comes up to today's tables: the logs as they were, the audit sound, the pages open."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from app.audit.verify import slugs, verify, verify_links
from app.backup.commands import place
from app.backup.make import make
from app.backup.snapshot import Snapshot, read_snapshot
from app.backup.trial import check
from app.core.database import db
from tests.released.state import REVISIONS, standing

# What a step back may take away, since the step up, the next checkpoint or the index makes it anew.
MADE_ANEW = {"checkpoint", "log_tile", "log_mark", "log_key", "bundle", "job", "search_document", "alembic_version"}
MADE_ANEW |= {"dossier", "roll_voice"}


def seen() -> Snapshot:
    """What the database holds now."""
    db.session.remove()
    with db.engine.connect() as connection:
        found = read_snapshot(connection)
    assert found is not None
    return found


def logs(snapshot: Snapshot) -> dict[str, tuple[int, str]]:
    """Each log's size and root."""
    return {head.slug: (head.size, head.root) for head in snapshot.heads}


def tallies() -> list[tuple[object, ...]]:
    """How many live ballots say what, in each poll: those that count, as they are stored."""
    query = "select poll_id, choice, count(*) from ballot where live group by poll_id, choice order by poll_id, choice"
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def sound(before: dict[str, tuple[int, str]]) -> None:
    """The audit finds nothing, and each log begins as it was."""
    db.session.remove()
    assert verify_links() is None
    for slug in slugs():
        report = verify(slug, [before[slug]])
        assert report.finding is None, str(report.finding)


def walk(app: Flask) -> int:
    """Open one page of each kind, from the home page on; how many there were."""
    client, known, waiting = app.test_client(), {"/"}, ["/"]
    kinds: set[str] = set()
    while waiting:
        path = waiting.pop(0)
        page = client.get(path)
        assert page.status_code in (200, 302), (path, page.status_code)
        if page.mimetype != "text/html":
            continue
        for link in re.findall(r'href="(/c/[^"#?]+)"', page.text):
            kind = re.sub(r"/[0-9A-Z]{16}", "/*", link)
            if link not in known and kind not in kinds and not link.endswith((".pdf", ".zip", ".ics")):
                kinds.add(kind)
                known.add(link)
                waiting.append(link)
    return len(known)


@pytest.mark.parametrize("revision", REVISIONS)
def test_what_an_older_program_left_is_brought_up(revision: str, tmp_path: Path, database_url: str) -> None:
    with standing(revision, tmp_path) as app:
        with app.app_context():
            before, votes = logs(seen()), tallies()
            kept = make(app.config["QIDING"], tmp_path / "backups", 0) if revision == "0013" else None
            upgrade()
            assert (logs(seen()), tallies()) == (before, votes)
            sound(before)
            db.session.remove()
            assert sum(function() for function in app.extensions["qiding.ticks"]) >= 0
            sound(before)
            if kept is not None:  # a backup made before the update is put back by the program of after it
                said: list[str] = []
                check(kept.file, place(), said.append)
                assert any(line.startswith(f"migrated from revision {revision}") for line in said), said
        if revision in ("0001", "0020"):  # of the second and the last stage one each: pages cost more than all the rest
            assert walk(app) > 12


# Where the way back is looked at: after each stage. Every step between them is taken, both ways.
STOPS = {"0001": ("0016", "0013", "0006", "0002", "0001"), "0020": ("0016",)}
REFUSED = {"0001": ("base", "it has communities"), "0020": ("0015", "it has words beside records")}


@pytest.mark.parametrize("revision", ["0001", "0020"])
def test_each_step_back_is_taken_or_refused_with_a_word_and_each_step_up_finds_all_of_it(
    revision: str, tmp_path: Path, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with standing(revision, tmp_path) as app, app.app_context():
        upgrade()
        whole, votes = seen(), tallies()
        for back in STOPS[revision]:
            downgrade(revision=back)
            now = seen()
            assert (now.revision, logs(now), tallies()) == (back, logs(whole), votes)
        too_far, says = REFUSED[revision]
        with pytest.raises(SystemExit):
            downgrade(revision=too_far)
        assert f"can't go back to before {back}: {says}. " in caplog.text
        now = seen()
        assert (now.revision, logs(now), tallies()) == (back, logs(whole), votes)
        for up in (*reversed(STOPS[revision][:-1]), whole.revision):
            upgrade(revision=up)
            now = seen()
            assert (now.revision, logs(now), tallies()) == (up, logs(whole), votes)
        assert left_of(now) == left_of(whole)
        sound(logs(whole))


def left_of(snapshot: Snapshot) -> dict[str, int]:
    """How many rows there are of what nothing makes anew."""
    return {table: rows for table, rows in snapshot.counts.items() if table not in MADE_ANEW}
