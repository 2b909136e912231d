"""A picture of a sheet: one, of a sheet that came back, its hash in the log; it ends with the links."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from app.audit.verify import verify
from app.ballots import service as ballots
from app.ballots.models import Poll
from app.core.events import LogEntry
from app.core.media import Media, Upload, keep, name_upload, path_of
from app.core.transaction import transaction
from app.engine.errors import Closed, Conflict
from app.paper import service
from app.paper.models import PaperSheet
from app.paper.scan import burn
from tests.paper.desk import Desk
from tests.proof.test_proof_links import decide, due


def told(desk: Desk) -> list[dict[str, Any]]:
    """What the log tells of sheets, besides that they were issued."""
    with desk.world.here() as session:
        bodies = [
            json.loads(body)
            for body in session.scalars(select(LogEntry.body).order_by(LogEntry.seq, LogEntry.community_id))
        ]
        return [body for body in bodies if body["kind"].startswith("paper.") and body["kind"] != "paper.issued"]


def attach(desk: Desk, number: int, data: bytes = b"%PDF-1.4 a sheet") -> str:
    with desk.world.here():
        sha256 = keep(data)
        upload = Upload("document", "application/pdf", sha256, None, 0, 0, len(data), "sheet.pdf")
        service.attach(desk.staff[0], desk.poll, desk.serial(number), upload)
    return sha256


def test_a_scan_stands_with_its_sheet_and_its_hash_in_the_log_from_the_close_on(desk: Desk) -> None:
    desk.both(1, "6-101")
    desk.take(2)
    scans = [[1, attach(desk, 1)]]
    assert told(desk) == []
    desk.world.close(desk.poll)
    scans.append([2, attach(desk, 2, b"%PDF-1.4 another")])
    assert [body["scans"] for body in told(desk)] == [scans]
    with desk.world.here() as session:
        assert verify("ziteng").finding is None
        session.execute(text("UPDATE paper_sheet SET scan_sha256 = 'x' WHERE number = 1"))
        session.commit()
        assert "scan_sha256" in str(verify("ziteng").finding)


def test_a_scan_ends_with_the_links(desk: Desk) -> None:
    """Address and signature stand on a sheet: its picture would lead from one to the other for good."""
    desk.both(1, "6-101")
    desk.take(2)
    kept = {attach(desk, 1), attach(desk, 2, b"%PDF-1.4 another")}
    desk.world.close(desk.poll)
    desk.both(2, choice="9")
    for serial in desk.sample():
        assert desk.compare(serial, "6-101")
    with desk.world.here() as session:
        ballots.settle_due()
        assert all(path_of(sha256).exists() for sha256 in kept)
    decide(desk.world)
    assert due(desk.world) == 1
    with desk.world.here() as session:
        assert not any(path_of(sha256).exists() for sha256 in kept)
        assert session.scalars(select(Media.id).where(Media.sha256.in_(kept))).all() == []
        rows = session.execute(select(PaperSheet.scan, PaperSheet.scan_sha256).where(PaperSheet.scan_sha256 != ""))
        assert {(scan, sha256) for scan, sha256 in rows} == {("", sha256) for sha256 in kept}
        assert verify("ziteng").finding is None
    with pytest.raises(Closed, match="deleted"):
        attach(desk, 1)


def test_a_picture_that_stands_elsewhere_too_keeps_its_file(desk: Desk) -> None:
    desk.both(1, "6-101")
    sha256 = attach(desk, 1)
    with desk.world.here(), transaction() as tx:
        name_upload(
            tx, Upload("document", "application/pdf", sha256, None, 0, 0, 1, ""), community_id=None, person_id=None
        )
        burn(tx, tx.session.scalars(select(Poll)).one())
        assert path_of(sha256).exists()


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
