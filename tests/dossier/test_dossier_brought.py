"""A project in another installation: it is read there, its records verify, and the audit binds it; or nothing of it is there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from app.audit.verify import verify, verify_links
from app.core.clock import FixedClock
from app.core.database import db, table_of
from app.core.transaction import transaction
from app.dossier import manifest as names
from app.dossier.archive import Bad
from app.dossier.bring import bring
from app.dossier.commands import known_keys
from app.dossier.make import folder
from app.dossier.sent import Refused
from app.engine.canonical import canon, sha256_hex
from app.engine.errors import Conflict
from app.engine.notes import Signer
from app.people.communities import create_community
from app.people.models import Person, RoleGrant
from app.people.places import Community
from app.people.session import actor_of
from app.projects import service as projects
from app.projects.models import Project, ProjectOrigin, StepRunRow
from app.projects.permissions import may_facilitate
from app.projects.queries import find_project
from app.records.models import Record
from tests.audit.columns import bound_at
from tests.conftest import NOON
from tests.dossier.conftest import Sent
from tests.dossier.world import REASON, changed, together, with_json


@pytest.fixture
def there(app: Flask, clock: FixedClock) -> Iterator[Flask]:
    """Another installation, with a community of its own that has nothing to do with what comes."""
    shutil.rmtree(app.config["QIDING"].media_dir / "dossiers", ignore_errors=True)
    with app.test_request_context():
        create_community(None, "xinli", name="新里")
        yield app


def counts() -> dict[str, int]:
    """How many rows each table has."""
    tables = db.metadata.tables.values()
    return {table.name: db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def kept_files() -> list[str]:
    """The dossiers that were kept beside the media."""
    return [path.name for path in (folder() / "brought").iterdir()]


def take(sent: Sent, file: Path | None = None, *, into: str = "", key: str | None = None) -> Any:
    key = sent.key if key is None else key
    return bring(file or sent.path, into=into, key=key, known=known_keys, tell=lambda _report: None)


def test_a_project_is_read_elsewhere_and_its_records_verify_there(sent: Sent, there: Flask) -> None:
    brought = take(sent)
    assert (brought.public_id, brought.slug, brought.records) == (sent.project, "ziteng", 1)
    assert not [name for name in ("message", "delivery") if counts()[name]], "nobody is told anything"
    facts = json.loads(sent.files[names.PROJECT])
    record, at = facts["records"][0]["id"], f"/c/ziteng/project/{sent.project}"
    browser = there.test_client()
    browser.set_cookie("lang", "en")
    page = browser.get(at).text
    for said in ("This project is kept here to be read", sent.key, "紫藤里", "空中花园", "is fixed", "陈老师"):
        assert said in page, said
    assert "What this step still needs" not in page
    assert "no longer the newest" not in browser.get(f"/c/ziteng/record/{record}").text
    for path in ("", ".pdf", ".json", ".svg", "/check"):
        answer = browser.get(f"/c/ziteng/record/{record}{path}")
        assert answer.status_code == 200, path
    assert browser.get(f"/c/ziteng/record/{record}.json").data == sent.files[facts["records"][0]["path"]]
    assert "published by 紫藤里 at http://localhost" in browser.get(f"/c/ziteng/record/{record}").text
    assert "Yes: the words stored here" in browser.get(f"/c/ziteng/record/{record}/check").text
    for path in ("/c/ziteng/", "/c/ziteng/search", f"{at}/step/plan", f"{at}/step/keep", f"{at}/poster.pdf", "/"):
        assert browser.get(path).status_code == 200, path
    assert "brought here from elsewhere" in browser.get("/c/ziteng/").text
    assert "The dossier it came as" in browser.get(f"{at}/dossier").text
    with browser.get(f"{at}/dossier.zip") as file:
        assert file.data == sent.path.read_bytes()
    report = verify("ziteng")
    assert (str(report.finding), report.records) == ("None", 1)
    assert verify_links() is None


def test_whoever_leads_here_moves_nothing_in_it(sent: Sent, there: Flask) -> None:
    brought = take(sent, into="xinli")
    with transaction() as tx:
        here = find_project(brought.public_id)[1]
        person = Person(name="周工", email="zhou@example.org", created_at=tx.now)
        tx.session.add(person)
        tx.session.flush()
        tx.session.add(RoleGrant(person_id=person.id, community_id=here.id, role="facilitator", at=tx.now))
        tx.session.flush()
        lead = actor_of(person.id)
    before = counts()
    for command in (
        lambda: projects.close_step(lead, sent.project),
        lambda: projects.preview_close(lead, sent.project, NOON),
        lambda: projects.pause(lead, sent.project, REASON),
        lambda: projects.end_early(lead, sent.project, REASON),
        lambda: projects.sign_off(lead, sent.project, "kept", holds=True, note=REASON),
        lambda: projects.edit_project(lead, sent.project, title="别的", place="", summary=""),
    ):
        with pytest.raises(Conflict, match="can be read, and not changed"):
            command()
    assert counts() == before
    assert not may_facilitate(lead, find_project(sent.project)[0])
    assert verify("xinli").finding is None


def test_what_does_not_verify_or_is_here_already_is_refused_and_nothing_is_kept(
    sent: Sent, there: Flask, tmp_path: Path
) -> None:
    before, file = counts(), tmp_path / "other.zip"
    liar = Signer(sent.own.key.name, b"\7" * 32)
    record = json.loads(sent.files[names.PROJECT])["records"][0]["path"]
    with pytest.raises(Refused, match="whose key"):
        take(sent, key="")
    with pytest.raises(Bad, match="another key"):
        take(sent, key=str(liar.key))
    with pytest.raises(Bad, match="record.json"):
        take(sent, together({**sent.files, record: changed(sent.files[record])}, file))
    with pytest.raises(Bad, match="not on the list"):
        take(sent, together({**sent.files, "more.txt": b""}, file))
    create_community(None, "ziteng", name="另一个紫藤里")
    with pytest.raises(Refused, match="--into"):
        take(sent)
    grown = {name for name, n in counts().items() if n != before[name]}
    assert grown <= {"community", "log", "log_head", "event", "version"}, "but for the community made above"
    assert not kept_files()
    take(sent, into="xinli")
    before = counts()
    with pytest.raises(Refused, match="is here already"):
        take(sent, into="ziteng")
    assert counts() == before
    # The key is known now, so the next one from there needs none; and a wrong one is refused without being given one.
    with pytest.raises(Refused, match="is here already"):
        take(sent, key="")
    files = with_json(sent.files, names.MANIFEST, key=str(liar.key), keys=[liar.key.public.hex()])
    with pytest.raises(Bad, match="has never had"):
        take(sent, together(files, file, signer=liar), key="")


def test_a_number_that_is_given_here_already_is_not_given_twice(sent: Sent, there: Flask) -> None:
    take(sent, into="xinli")
    with transaction() as tx:  # the same record under other names, as one of xinli's own would be
        tx.session.execute(update(Project).values(public_id="0" * 16))
        tx.session.execute(update(Record).values(public_id="1" * 16))
    before = counts()
    with pytest.raises(Refused, match="a record 2026-001 of xinli is here already"):
        take(sent, into="xinli")
    assert counts() == before


LIES: dict[str, Any] = {
    "another state": lambda facts: facts["project"].update(state="completed"),
    "another step": lambda facts: facts["project"].update(step="plan"),
    "a run that never was": lambda facts: facts["runs"].append(dict(facts["runs"][0], attempt=9)),
    "a run that was closed later": lambda facts: facts["runs"][0].update(closed_at=5),
    "a move left out": lambda facts: facts["moves"].pop(2),
    "a move nobody knows": lambda facts: facts["moves"].append({"kind": "flew", "at": 1, "data": {}}),
    "moves that are none": lambda facts: facts.update(moves=[1]),
    "no moves": lambda facts: facts.pop("moves"),
    "a title that is too long": lambda facts: facts["project"].update(title="长" * 81),
    "no title": lambda facts: facts["project"].update(title=" "),
    "a place that is a number": lambda facts: facts["project"].update(place=1),
    "a time before all time": lambda facts: facts["project"].update(started_at=-1),
    "a time that is true": lambda facts: facts["project"].update(moved_at=True),
    "a scope that is no list": lambda facts: facts["project"].update(scope="5号楼"),
    "a slug that is none": lambda facts: facts["community"].update(slug="../x"),
    "another method": lambda facts: facts["method"].update(key="other"),
    "a record that was published never": lambda facts: facts["records"][0].update(published_at="1"),
}


def test_whoever_holds_the_key_can_still_not_send_what_cant_be(
    sent: Sent, there: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.dossier.check._Dossier.votes", lambda _dossier: None)
    before = counts()
    for lie, tell in LIES.items():
        facts = json.loads(sent.files[names.PROJECT])
        tell(facts)
        files = {**sent.files, names.PROJECT: canon(facts)}
        files = with_json(files, names.MANIFEST, community=facts["community"])
        with pytest.raises(Refused, match="what can't be|no community can be made") as refused:
            take(sent, together(files, tmp_path / "other.zip", signer=sent.own))
        assert counts() == before, (lie, refused.value)
    assert not kept_files()


def test_a_method_that_is_not_known_here_is_refused(sent: Sent, there: Flask, tmp_path: Path) -> None:
    method = sent.files[names.METHOD].replace(b'kind = "ballot"', b'kind = "dance"')
    facts = json.loads(sent.files[names.PROJECT])
    facts["method"]["sha256"] = sha256_hex(method)
    files = {**sent.files, names.METHOD: method, names.PROJECT: canon(facts)}
    with pytest.raises(Refused, match="its method can't be used here: line"):
        take(sent, together(files, tmp_path / "other.zip", signer=sent.own))


def test_a_crash_in_the_middle_leaves_nothing(sent: Sent, there: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    before = counts()
    monkeypatch.setattr("app.dossier.bring.record_event", broken)
    with pytest.raises(OSError, match="disk full"):
        take(sent)
    assert counts() == before
    assert not kept_files()


def broken(*_args: object, **_more: object) -> None:
    raise OSError("disk full")


def test_every_bound_column_of_what_came_is_compared(sent: Sent, there: Flask) -> None:
    take(sent)
    # What bends a column in a way that the database itself takes.
    facts = json.loads(sent.files[names.PROJECT])
    facts["project"]["scope"] = ["9号楼"]  # which no row repeats
    other: dict[str, Any] = {
        "community_id": select(Community.id).where(Community.slug == "xinli").scalar_subquery(),
        "facts": canon(facts).decode(),
    }
    bound = bound_at("brought") + [
        (table, column)
        for table, columns in {
            "project": "title place summary started_at moved_at over_at state_reason step facilitator_id state",
            "step_run": "step attempt opened_at closed_at left",
            "record": "public_id body sha256 title published_at published_by_id year number seal",
        }.items()
        for column in columns.split()
    ]
    models = {"project": Project, "project_origin": ProjectOrigin, "step_run": StepRunRow, "record": Record}
    missed = []
    for name, column in bound:
        table = table_of(models[name])
        rows = select(table.c.id, table.c[column]).order_by(table.c.id).limit(1)
        row_id, value = db.session.execute(rows).one()
        bent: Any = other.get(column)
        if column in ("state",):
            bent = "completed"
        elif bent is None:
            bent = (
                (value or 0) + 7
                if isinstance(value, int) or value is None
                else f"{value}x"[-1 : -1 - len(value) : -1] + "x"
            )
        try:
            with transaction() as tx:
                tx.session.execute(update(table).where(table.c.id == row_id).values({column: bent}))
        except DBAPIError:
            continue  # the database itself keeps it
        if verify("ziteng").finding is None and verify_links() is None:
            missed.append(f"{name}.{column}")
        with transaction() as tx:
            tx.session.execute(update(table).where(table.c.id == row_id).values({column: value}))
    assert missed == []
    assert verify("ziteng").finding is None
    with transaction() as tx:
        tx.session.execute(table_of(ProjectOrigin).delete())
    assert verify("ziteng").finding is not None


def test_the_commands_take_it_out_and_in(sent: Sent, there: Flask, tmp_path: Path) -> None:
    run = there.test_cli_runner().invoke
    refused = run(args=["project", "import", str(sent.path)])
    assert (refused.exit_code, "--key" in refused.output) == (1, True)
    done = run(args=["project", "import", str(sent.path), "--key", sent.key])
    assert done.exit_code == 0, done.output
    assert f"/c/ziteng/project/{sent.project}, with 1 records" in done.output
    assert run(args=["audit", "verify"]).exit_code == 0
    again = run(args=["project", "import", str(sent.path)])
    assert (again.exit_code, "is here already" in again.output) == (1, True)
    out = tmp_path / "again.zip"
    assert run(args=["project", "export", sent.project, str(out)]).exit_code == 0
    assert out.read_bytes() == sent.path.read_bytes(), "it is passed on as it came, signed where it is from"
    whole = run(args=["dossier", "check", str(out)])
    assert (whole.exit_code, "All of it holds: 空中花园" in whole.output) == (0, True)
    out.write_bytes(out.read_bytes()[:-1])
    wrong = run(args=["dossier", "check", str(out)])
    assert (wrong.exit_code, "WRONG" in wrong.output) == (1, True)
    assert run(args=["project", "export", "nothing", str(out)]).exit_code == 1
