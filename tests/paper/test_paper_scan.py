"""A picture of a sheet: one, of a sheet that came back, its hash in the log."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from app.audit.verify import verify
from app.core.events import LogEntry
from app.core.media import Upload, keep
from app.engine.errors import Conflict
from app.paper import service
from app.paper.models import PaperSheet
from tests.paper.desk import Desk


def attach(desk: Desk, number: int, data: bytes = b"%PDF-1.4 a sheet") -> str:
    with desk.world.here():
        sha256 = keep(data)
        upload = Upload("document", "application/pdf", sha256, None, 0, 0, len(data), "sheet.pdf")
        service.attach(desk.staff[0], desk.poll, desk.serial(number), upload)
    return sha256


def test_a_scan_stands_with_its_sheet_and_its_hash_in_the_log(desk: Desk) -> None:
    desk.both(1, "6-101")
    sha256 = attach(desk, 1)
    with desk.world.here() as session:
        bodies = [json.loads(body) for body in session.scalars(select(LogEntry.body))]
        told = [body for body in bodies if body["kind"] == "paper.scanned"]
        assert [(body["sheet"], body["sha256"]) for body in told] == [(desk.serial(1), sha256)]
        assert verify("ziteng").finding is None
        session.execute(text("UPDATE paper_sheet SET scan_sha256 = 'x' WHERE number = 1"))
        session.commit()
        assert "scan_sha256" in str(verify("ziteng").finding)


def test_one_scan_a_sheet_and_none_of_what_is_not_in_the_box(desk: Desk) -> None:
    with pytest.raises(Conflict):
        attach(desk, 2)
    desk.both(1, "6-101")
    attach(desk, 1)
    with pytest.raises(Conflict):
        attach(desk, 1, b"%PDF-1.4 another")
    with desk.world.here() as session:
        assert session.scalars(select(PaperSheet.scan).where(PaperSheet.scan != "")).all().__len__() == 1


def test_the_page_of_a_sheet_shows_its_scan_to_the_desk(desk: Desk, client: FlaskClient) -> None:
    desk.both(1, "6-101")
    attach(desk, 1)
    desk.world.sign_in(client, desk.staff[0])
    url = f"/c/ziteng/poll/{desk.poll}/paper/sheet/{desk.serial(1)}"
    page = client.get(url).text
    assert "SHA-256" in page
    address = page.split('<p class="links"><a href="')[1].split('"')[0]
    assert client.get(address, buffered=True).status_code == 200
    assert desk.world.app.test_client().get(address).status_code in (302, 403, 404)
