"""The page of a dossier: asked for by anybody, made in the background, given out only while it says what is so."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.core import jobs
from app.core.clock import FixedClock
from app.core.database import db
from app.core.jobs import Job
from app.core.transaction import transaction
from app.dossier import make as making
from app.dossier.models import Dossier
from app.engine.canonical import sha256_hex
from app.notices.models import Notice
from app.projects import service as projects
from app.records.models import Record
from tests.ballots.world import World, send
from tests.dossier.conftest import without_printing
from tests.dossier.world import REASON, furnish


@pytest.fixture
def world(app: Flask, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> World:
    without_printing(monkeypatch)
    return furnish(app, clock)


def work(world: World) -> None:
    with world.here():
        while jobs.run_one(world.app.extensions["qiding.jobs"]):
            pass


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("[!.]*.zip"))


def test_a_dossier_from_the_first_question_to_the_next_state(world: World, client: FlaskClient) -> None:
    at = f"/c/ziteng/project/{world.project}"
    client.set_cookie("lang", "en")
    assert f"{at}/dossier" in client.get(at).text
    page = client.get(f"{at}/dossier").text
    assert "It is made when somebody asks" in page
    assert client.get(f"{at}/dossier.zip").location == f"{at}/dossier"

    assert send(client, f"{at}/dossier", {}).status_code == 303
    page = client.get(f"{at}/dossier").text
    assert "It is being made" in page
    assert "data-reload" in page
    token = re.search('name="csrf_token" value="([^"]+)"', client.get(f"{at}/dossier").text)
    assert token is None, "while it is made nothing is asked for"
    work(world)
    with world.here():
        row, job = (
            db.session.scalars(select(Dossier)).one(),
            db.session.scalars(select(Job).where(Job.kind == "dossier")).one(),
        )
        assert (job.kind, job.state, job.done, job.total) == ("dossier", "done", job.total, job.total)
        assert job.total > 5

    page = client.get(f"{at}/dossier").text
    assert "It is ready" in page
    assert row.sha256 in page
    answer = client.get(f"{at}/dossier.zip")
    assert (answer.status_code, answer.mimetype, sha256_hex(answer.data)) == (200, "application/zip", row.sha256)
    answer.close()
    with client.get(f"{at}/dossier.zip", headers={"If-None-Match": answer.headers["ETag"]}) as again:
        assert again.status_code == 304
    index = zipfile.ZipFile(io.BytesIO(answer.data)).read("index.html").decode()
    assert "张榜" not in index
    assert 'lang="en"' in index
    client.set_cookie("lang", "zh_Hans")
    assert client.get(f"{at}/dossier.zip").status_code == 302  # the other language is another file

    client.set_cookie("lang", "en")
    with world.here():
        folder = making.folder()
        before = files(folder)
    with world.app.test_request_context():
        projects.pause(world.facilitator, world.project, REASON)
    assert "Things have changed since it was made" in client.get(f"{at}/dossier").text
    assert client.get(f"{at}/dossier.zip").status_code == 302, "what is out of date is not given out"
    send(client, f"{at}/dossier", {})
    work(world)
    with client.get(f"{at}/dossier.zip") as again:
        assert again.status_code == 200
    assert len(before) == len(files(folder)) == 1
    assert before != files(folder)


def test_work_that_failed_is_told_and_can_be_asked_for_again_and_a_changed_record_makes_no_dossier(
    world: World, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = f"/c/ziteng/project/{world.project}/dossier"
    client.set_cookie("lang", "en")
    send(client, at, {})
    with world.here(), transaction() as tx:
        tx.session.execute(update(Job).where(Job.kind == "dossier").values(state="failed", error="OSError"))
    assert "Making it did not work" in client.get(at).text
    send(client, at, {})
    work(world)
    assert "It is ready" in client.get(at).text
    with world.here():
        [row] = db.session.scalars(select(Dossier))
        (making.folder() / f"{world.project}-en-{row.sha256[:16]}.zip").unlink()  # as after a loss
    send(client, at, {})
    work(world)
    with client.get(f"{at}.zip") as again:
        assert again.status_code == 200
    monkeypatch.setattr("app.dossier.service.MOST_ASKED", 0)
    with world.here(), transaction() as tx:
        tx.session.execute(update(Notice).values(title="别的"))
    assert send(client, at, {}).status_code == 429
    assert client.get(f"/c/guixiang/project/{world.project}/dossier").status_code == 404
    with world.here(), transaction() as tx:
        tx.session.execute(update(Record).values(title="别的题目"))
    answer = client.get(at)
    assert (answer.status_code, "no longer matches its fingerprint" in answer.text) == (409, True)
