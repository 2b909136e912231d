"""Mail that hangs, a disk for photos that is full, a signing key that can't be read: voting goes on."""

from __future__ import annotations

import io
import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import insert, select
from werkzeug.test import TestResponse

from app.comments import service as comments
from app.comments.models import Comment
from app.config import MailServer
from app.core import jobs
from app.core.clock import FixedClock
from app.core.database import db
from app.core.delivery import Delivery
from app.core.outbox import Message
from app.core.transaction import transaction
from app.notifications import digest, sender
from app.notifications.models import MailAddress
from app.proof import checkpoints
from app.proposals.models import Proposal
from tests.faults.conftest import EN, Hall, little_disk, refused
from tests.outbox.servers import mail_server
from tests.projects.world import build as build_garden


def test_a_mail_server_that_is_silent_keeps_nobody_from_voting(
    app: Flask, hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server() as box:
        box.answers["GREET"] = "never"
        server = MailServer("127.0.0.1", box.port, "smtp+plain", "qiding@example.org", patience=60.0)
        monkeypatch.setitem(app.config, "QIDING", replace(app.config["QIDING"], mail=server))
        person = hall.world.residents[0].person()
        with hall.world.here(), transaction() as tx:
            row = MailAddress(person_id=person, address="zhang@example.org", nonce="n" * 16, language="en")
            row.choice, row.asked_at, row.confirmed_at, row.since, row.next_at = "once", tx.now, tx.now, tx.now, tx.now
            tx.session.add(row)
            told = {"person_id": person, "kind": "proposal.chosen", "data": {"title": "花园"}, "href": "/help"}
            tx.session.execute(
                insert(Message), [{**told, "community_id": hall.world.community_id, "created_at": tx.now}]
            )
        with hall.world.here():
            assert digest.enqueue_due() == 1

        def send() -> None:
            with hall.world.here():
                sender.send_due()
                db.session.remove()

        sending = threading.Thread(target=send)
        sending.start()
        while not box.greetings:
            sending.join(0.01)
        for turn in range(8):
            assert hall.cast(turn % 4).status_code == 303
        assert sending.is_alive(), "the server was not silent: nothing was shown"
        hall.look()
        box.stop.set()
        sending.join()
    with hall.world.here():
        assert db.session.scalars(select(Delivery.state)).all() == ["queued"]  # it is tried again
    told = app.test_cli_runner().invoke(args=["doctor"])
    assert f"look    mail server 127.0.0.1:{box.port}: " in told.output, told.output


def test_photos_that_find_no_room_are_refused_and_words_are_taken(
    app: Flask, clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    garden = build_garden(app, clock)
    browser = garden.browser(garden.neighbour)
    path = f"/c/ziteng/proposals/{garden.activity('options')}/new"
    picture = io.BytesIO()
    Image.effect_noise((900, 900), 90).save(picture, "JPEG")
    noise = picture.getvalue()

    def send(file: io.BytesIO) -> TestResponse:
        hidden = dict(re.findall(r'name="(csrf_token|once)"[^>]*value="([^"]*)"', browser.get(path).text))
        data = {**hidden, "title": "木箱", "text": "种花", "cost": "100", "photo": (file, "a.jpg")}
        return browser.post(path, data=data, content_type="multipart/form-data", headers=EN)

    with little_disk(tmp_path / "media", "64k") as mounted:
        place = tmp_path / "media"
        if not mounted:  # without root another fault of the disk: a file where a folder should be
            place.rmdir()
            place.write_bytes(b"")
        monkeypatch.setitem(app.config, "QIDING", replace(app.config["QIDING"], media_dir=place))

        refused(send(io.BytesIO(noise)))
        assert garden.count(Proposal) == 0
        left = [file for file in place.rglob("*") if file.is_file()] if mounted else []
        assert sum(file.stat().st_size for file in left) == sum(
            file.stat().st_size for file in left if len(file.name) > 60
        )
        garden.do(comments.post, garden.neighbour, garden.talk(), "question", "灯什么时候修？")
        assert garden.count(Comment) == 1
    monkeypatch.setitem(app.config, "QIDING", replace(app.config["QIDING"], media_dir=tmp_path / "larger"))
    assert send(io.BytesIO(noise)).status_code == 303
    assert garden.count(Proposal) == 1


def test_a_signing_key_that_can_not_be_read_holds_up_checkpoints_alone(
    app: Flask, hall: Hall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = app.config["QIDING"]
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setitem(app.config, "QIDING", replace(config, signing_file=tmp_path / "file" / "signing-key"))
    for turn in range(12):
        assert hall.cast(turn % 4).status_code == 303
    for tick in app.extensions["qiding.ticks"]:
        jobs._guarded(app, tick)
    assert app.test_client().get(hall.page, headers=EN).status_code == 200
    hall.look()
    with hall.world.here():
        assert checkpoints.latest(hall.world.community_id) is None
    monkeypatch.setitem(app.config, "QIDING", config)
    with hall.world.here():
        assert checkpoints.make_due() == 1
    hall.look()
