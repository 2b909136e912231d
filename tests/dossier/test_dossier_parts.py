"""What meetings and the office give to a dossier: confirmed minutes without a name of who came, and results that add up."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest
from flask import Flask

from app.core.clock import FixedClock
from app.dossier.contents import Contents, as_public, collect
from app.dossier.make import make
from app.meetings import service as meetings
from tests.dossier.conftest import BASE, Sent, without_printing
from tests.dossier.world import apart
from tests.meetings.hall import TEXT, begin, come, offered
from tests.projects.world import build
from tests.removals.test_removals import remove


def test_confirmed_minutes_are_in_the_dossier_and_who_came_is_not(
    app: Flask, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_printing(monkeypatch)
    garden = build(app, clock)

    def now() -> Contents:
        with app.app_context(), as_public("zh_Hans", BASE):
            return collect(garden.project, "zh_Hans")

    meeting = begin(garden)
    others = [garden.resident(name) for name in ("王奶奶", "李叔")]
    come(garden, meeting, garden.neighbour, *others)
    minutes = offered(garden, meeting)
    assert not any("meetings/" in file.path for file in now().files()), "what is not confirmed is for neighbours"
    for who in others:
        garden.do(meetings.confirm, who, minutes)
    before = now()
    with app.app_context():
        files = apart(make(garden.project, "zh_Hans", BASE).path)
    page = files[f"meetings/{meeting}/minutes.html"].decode()
    assert f"meetings/{meeting}/minutes.pdf" in files
    assert f"meetings/{meeting}/minutes.html" in files["index.html"].decode()
    assert TEXT.split("\n")[-1] in page
    for name in ("王奶奶", "李叔"):
        assert not any(name.encode() in data for data in files.values())
    assert now().mark == before.mark
    remove(garden, "minutes", minutes, "text")
    assert now().mark != before.mark, "what was removed since is in no dossier that is given out"
    with app.app_context():
        files = apart(make(garden.project, "zh_Hans", BASE).path)
    page = files[f"meetings/{meeting}/minutes.html"].decode()
    assert "依法删去" in page
    assert TEXT.split("\n")[-1] not in page


def test_the_result_of_a_vote_is_there_as_a_sheet_and_as_a_table(sent: Sent) -> None:
    [sheet] = sent.kind("result")
    assert sent.files[sheet].startswith(b"%PDF-")
    plain, workbook = sorted(sent.kind("table"))
    rows = list(csv.reader(io.StringIO(sent.files[plain].decode("utf-8-sig"))))
    with zipfile.ZipFile(io.BytesIO(sent.files[sent.kind("bundle")[0]])) as bundle:
        cast = json.loads(bundle.read("result.json"))
    assert any("6" in row for row in rows), (rows, cast)
    assert zipfile.is_zipfile(io.BytesIO(sent.files[workbook]))
