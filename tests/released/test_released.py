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
        for link in re.findall(r'href="(/c/[^"#?]+)"', page.text):
            kind = re.sub(r"/[0-9A-Z]{16}", "/*", link)
            if link not in known and kind not in kinds and not link.endswith((".pdf", ".zip", ".ics")):
                kinds.add(kind)
                known.add(link)
                waiting.append(link)
    return len(known)


@pytest.mark.parametrize("revision", REVISIONS)
def test_what_an_older_program_left_is_brought_up(revision: str, tmp_path: Path, database_url: str) -> None:
    with standing(revision, tmp_path) as app, app.app_context():
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
    assert walk(app) > 12


@pytest.mark.parametrize("revision", ["0001", "0020"])
def test_each_step_back_is_taken_or_refused_with_a_word_and_each_step_up_finds_all_of_it(
    revision: str, tmp_path: Path, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with standing(revision, tmp_path) as app, app.app_context():
        upgrade()
        whole, votes = seen(), tallies()
        known = ["base", *sorted(place().known)]
        at = known[-1]
        for back in reversed(known[:-1]):
            caplog.clear()
            try:
                downgrade(revision=back)
            except SystemExit:
                assert f"can't go back to before {at}: it has " in caplog.text
                assert (seen().revision, logs(seen()), tallies()) == (at, logs(whole), votes)
                break
            at = back
            assert (seen().revision, logs(seen()), tallies()) == (at, logs(whole), votes)
        assert at == {"0001": "0001", "0020": "0016"}[revision]
        for up in known[known.index(at) + 1 :]:
            upgrade(revision=up)
            assert (seen().revision, logs(seen()), tallies()) == (up, logs(whole), votes)
        again = seen().counts
        assert {t: n for t, n in again.items() if t not in MADE_ANEW} == {
            t: n for t, n in whole.counts.items() if t not in MADE_ANEW
        }
        sound(logs(whole))
