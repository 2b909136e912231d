"""Pages of the proof: what each shows, to whom, and that none of them tells who voted what."""

from __future__ import annotations

import io
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.ballots import service
from app.ballots.models import Poll, TextVersion
from app.core import jobs
from app.engine.canonical import receipt_code
from app.people.models import AccessLog
from app.proof import bundle, checkpoints, links, verify
from app.proof.module import end_links
from tests.ballots.test_ballots_secrecy import staff
from tests.ballots.world import World, send
from tests.printed import opened, text_of
from tests.proof.bundles import apart, built, failure, lines, voted

EN = {"Accept-Language": "en"}


def url(world: World, poll: str, rest: str) -> str:
    return f"/c/{world.slug}/poll/{poll}/{rest}"


def test_the_check_shows_every_check_and_the_same_bytes_are_at_hand(world: World, client: FlaskClient) -> None:
    poll = voted(world)
    data = built(world, poll)
    page = client.get(url(world, poll, "check"), headers=EN)
    assert page.status_code == 200
    for name, _ in verify.NAMES.values():
        assert name in page.text
    assert "All checks hold." in page.text
    got = client.get(url(world, poll, "bundle.zip"), buffered=True)
    assert got.data == data
    assert client.get("/verify.py").data == apart(data)["verify.py"]
    assert verify.NAMES["log"][1] in client.get(url(world, poll, "check"), headers={"Accept-Language": "zh"}).text


def test_a_bundle_that_was_changed_on_disk_fails_on_the_page(world: World, client: FlaskClient) -> None:
    poll = voted(world)
    built(world, poll)
    with world.here() as session:
        row = session.scalars(select(Poll)).one()
        newest = bundle.newest(row)
        assert newest is not None
        file = bundle.file_of(row, newest.size)
        data = file.read_bytes()
        file.write_bytes(data.replace(b"bundle.json", b"bumdle.json"))
    page = client.get(url(world, poll, "check"), headers=EN).text
    assert "A check failed" in page
    assert "WRONG" in page


def test_jobs_and_ticks_make_checkpoints_and_bundles(world: World, client: FlaskClient) -> None:
    poll = world.open()
    handlers = world.app.extensions["qiding.jobs"]
    with world.here():
        assert checkpoints.latest(world.community_id) is None
        jobs.run_all(handlers)
        point = checkpoints.latest(world.community_id)
        assert point is not None
    assert client.get(f"/c/{world.slug}/log/checkpoint").text == point.note
    for who in range(6):
        world.cast(who, poll, "abstain" if who else "consent")
    world.close(poll)
    assert client.get(url(world, poll, "bundle.zip")).status_code == 404
    with world.here():
        service.settle_due()
        jobs.run_all(handlers)
        bundle.enqueue_due()
        jobs.run_all(handlers)
        assert bundle.enqueue_due() == 0
    got = client.get(url(world, poll, "bundle.zip"), buffered=True)
    assert failure(io.BytesIO(got.data)) == ("", "", {})


def test_a_receipt_before_and_after_its_sealing(world: World, client: FlaskClient) -> None:
    poll = world.open()
    code = world.cast(0, poll, "abstain").code
    page = client.get(url(world, poll, f"check?code={code}"), headers=EN).text
    assert "counts" in page
    assert "Not sealed yet" in page
    assert client.get(url(world, poll, f"inclusion/{code}.txt")).status_code == 404
    world.sign_in(client, 0)
    shown = client.get(url(world, poll, "receipt"), headers=EN).text
    assert code in shown
    assert "Abstain" not in shown
    statement = client.get(url(world, poll, "receipt.txt")).text
    with world.here():
        community = world.community_id
        assert statement.startswith("qiding/receipt/v1\nqiding/log/")
    world.close(poll)
    with world.here():
        service.settle_due()
        checkpoints.make(community)
    page = client.get(url(world, poll, f"check?code={code}"), headers=EN).text
    assert "Sealed in batch 1" in page
    proof = client.get(url(world, poll, f"inclusion/{code}.txt")).text
    origin, key = statement.split("\n")[1], client.get(f"/c/{world.slug}/log/key").text.strip()
    public = bytes.fromhex(key_hex(key))
    assert verify.read_note(statement, {origin: public}).split("\n")[2] == poll
    assert included(proof, {origin: public})
    assert not included(proof.replace("hash ", "hash 00", 1).replace("0000", "00", 1), {origin: public})
    for bad in ("7K3M-Q9XD-2VTA", "%27", "x" * 500):
        assert client.get(url(world, poll, f"inclusion/{bad}.txt")).status_code == 404


def test_a_saved_receipt_is_checked_with_its_signature(world: World, client: FlaskClient) -> None:
    poll = voted(world)
    world.sign_in(client, 0)
    statement = client.get(url(world, poll, "receipt.txt")).text
    data = built(world, poll)
    assert failure(io.BytesIO(data), receipt=statement) == ("", "", {})
    for other in (statement.replace(poll, poll[::-1]), statement[:-9] + "AAAAAAA=\n", statement.split("\n\n")[0]):
        assert failure(io.BytesIO(data), receipt=other)[:2] == ("receipt", "receipt")


def key_hex(written: str) -> str:
    import base64

    return base64.b64decode(written.split("+", 2)[2])[1:].hex()


def included(text: str, keys: dict[str, bytes]) -> bool:
    """What anybody does with an inclusion proof: RFC 9162, section 2.1.3.2."""
    head, note = text.split("\n\n", 1)
    _, _, index_line, entry_line, *hashes = head.split("\n")
    try:
        _, size, root = verify.read_checkpoint(verify.read_note(note, keys))
        steps = [bytes.fromhex(line[5:]) for line in hashes]
    except ValueError:
        return False
    index, last = int(index_line[6:]), size - 1
    node = verify.sha(b"\x00" + entry_line[6:].encode())
    for step in steps:
        if index & 1 or index == last:
            node = verify.sha(b"\x01" + step + node)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            node = verify.sha(b"\x01" + node + step)
        index, last = index >> 1, last >> 1
    return last == 0 and node == root


def test_the_sheet_for_the_notice_board(world: World, client: FlaskClient) -> None:
    poll = world.announce()
    assert "being signed" in client.get(url(world, poll, "notice"), headers=EN).text
    with world.here() as session:
        checkpoints.make(world.community_id)
        point = checkpoints.latest(world.community_id)
        row = session.scalars(select(Poll)).one()
        assert point is not None
        page = client.get(url(world, poll, "notice"), headers=EN).text
        for said in (point.root, row.roll_root, "data:image/svg+xml", "二、概算38,600元"):
            assert said in page, said
    old = client.get(f"/c/{world.slug}/log/checkpoint/{point.size}").text
    assert client.get(f"/c/{world.slug}/log/checkpoint/{point.size + 7}").status_code == 404
    # The note on the sheet is what --since asks for, after all has happened.
    world.clock.advance(48 * 3_600_000)
    for who in range(6):
        world.cast(who, poll, "abstain" if who else "consent")
    world.close(poll)
    with world.here():
        service.settle_due()
        checkpoints.make(world.community_id)
    assert failure(io.BytesIO(built(world, poll)), since=old) == ("", "", {})


def test_who_has_not_voted_is_for_outreach_until_the_quorum_and_each_look_is_logged(
    world: World, client: FlaskClient
) -> None:
    poll = world.open()
    world.cast(0, poll, "abstain")
    here = url(world, poll, "missing")
    assert client.get(here).status_code in (302, 303)
    for actor in (world.residents[1], staff(world, "planner"), staff(world, "inspector")):
        world.sign_in(client, actor)
        assert client.get(here).status_code == 403
    world.sign_in(client, world.facilitator)
    page = client.get(here, headers=EN).text
    assert "6号楼1单元101室" not in page.replace("-", "")
    assert page.count("<li><div") == 5
    assert "Abstain" not in page
    with world.here() as session:
        assert [row.what for row in session.scalars(select(AccessLog))] == ["not voted"]
    for who in (1, 2):
        world.cast(who, poll)
    page = client.get(here, headers=EN)
    assert page.status_code == 409  # three of six is the quorum
    with world.here() as session:
        assert len(session.scalars(select(AccessLog)).all()) == 1
    admin = staff(world, "administrator")
    world.sign_in(client, admin)
    looks = client.get(f"/c/{world.slug}/looks", headers=EN).text
    assert "opened the list of who has not voted" in looks
    assert "陈老师" in looks


def test_links_end_with_the_final_outcome_and_what_needed_them_says_so(world: World, client: FlaskClient) -> None:
    poll = voted(world, stances="ccccaa")
    with world.here() as session:
        assert end_links() == 0
        row = session.scalars(select(Poll)).one()
        from app.core.transaction import transaction

        with transaction() as tx:
            again = tx.session.get_one(Poll, row.id)
            links.final(tx, again)
            links.final(tx, again)
        assert session.scalars(select(Poll)).one().links_deleted_at is not None
        from app.audit.verify import verify as audit

        assert audit(world.slug).finding is None
    world.sign_in(client, 0)
    for page in ("", "/result", "/check", "/done"):
        got = client.get(url(world, poll, "").rstrip("/") + page, follow_redirects=True, headers=EN)
        assert got.status_code == 200, page
    assert client.get(url(world, poll, "receipt")).status_code == 404
    assert "the link to your vote was deleted" in client.get("/me", headers=EN).text
    with world.here():
        checkpoints.make(world.community_id)
    assert failure(io.BytesIO(built(world, poll))) == ("", "", {})


SECRET = 'rule = "majority", electorate = "household", secret = true'


@pytest.fixture
def secret(world: World) -> str:
    world.households(6)
    world.start(SECRET)
    return world.open()


def test_an_unlinked_vote_is_looked_at_once_more_and_then_stays(world: World, client: FlaskClient, secret: str) -> None:
    here = url(world, secret, "").rstrip("/")
    world.sign_in(client, 0)
    page = client.get(here, headers=EN).text
    assert "Nothing leads from your vote back to you" in page
    review = send(client, here, {"stance": "yes"})
    assert review.status_code == 200
    with world.here() as session:
        from app.ballots.models import Ballot, RollEntry

        assert session.scalars(select(Ballot)).all() == []
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', review.text))
        assert hidden["stance"] == "yes"
        done = client.post(here, data=hidden)
        assert done.status_code == 303
        again = client.post(here, data=hidden)  # the same form sent twice is answered the same
        assert again.status_code == 303
        session.rollback()
        ballot = session.scalars(select(Ballot)).one()
        assert ballot.slot_id is None
        entry = session.scalars(select(RollEntry).where(RollEntry.voted)).one()
        assert entry.last_person_id is None
        code = receipt_code(bytes.fromhex(ballot.commitment))
    receipt = client.get(url(world, secret, "done"), headers=EN).text
    assert code in receipt
    assert code in client.get(url(world, secret, "receipt"), headers=EN).text
    other = send(client, here, {"stance": "no"}, get=url(world, secret, "check"))
    assert other.status_code in (400, 409)
    with client.session_transaction() as kept:
        kept.pop("receipt")
    assert "shown once" in client.get(url(world, secret, "done"), headers=EN).text
    assert client.get(url(world, secret, "receipt")).status_code == 404
    assert client.get(url(world, secret, f"check?code={code}"), headers=EN).status_code == 200


def test_nothing_leads_from_an_unlinked_ballot_to_the_roll(world: World, secret: str) -> None:
    for who in range(12):
        world.cast(who, secret, "yes" if who % 3 else "no")
    world.close(secret)
    with world.here() as session:
        service.settle_due()
        checkpoints.make(world.community_id)
        from app.audit.verify import verify as audit
        from app.ballots.models import Ballot, RollEntry, Slot, SlotLink

        assert audit(world.slug).finding is None
        poll = session.scalars(select(Poll).where(Poll.public_id == secret)).one()
        assert session.scalars(select(Slot).where(Slot.poll_id == poll.id)).first() is None
        assert session.scalars(select(SlotLink).where(SlotLink.poll_id == poll.id)).first() is None
        assert {entry.voted for entry in session.scalars(select(RollEntry).where(RollEntry.poll_id == poll.id))} == {
            True
        }
        assert {ballot.seq for ballot in session.scalars(select(Ballot))} == {1}
    data = built(world, secret)
    assert failure(io.BytesIO(data)) == ("", "", {})
    assert not any("ballot" in row for row in lines(apart(data), "ballots.jsonl"))


def test_the_announcement_is_printed_with_its_fingerprints_and_the_poster_while_one_can_vote(
    world: World, client: FlaskClient
) -> None:
    poll = world.open()
    with world.here() as session:
        version = session.scalars(select(TextVersion)).one()
        hashes, root = version.text_hash, session.scalars(select(Poll.roll_root)).one()
    sheet = client.get(url(world, poll, "notice.pdf"))
    assert sheet.mimetype == "application/pdf"
    text = text_of(sheet.data)
    for said in (hashes, root, "盖章处", version.title):
        assert said in text
    poster = client.get(url(world, poll, "poster.pdf?size=A3"), headers=EN)
    with opened(poster.data) as pdf:
        assert (len(pdf.pages), round(float(pdf.pages[0].MediaBox[2]))) == (1, 842)
    for said in ("Consent", "Concern", "Objection", "Abstain", version.title):
        assert said in text_of(poster.data)
    world.close(poll)
    assert client.get(url(world, poll, "poster.pdf")).status_code == 409
    assert client.get(url(world, poll, "notice.pdf")).status_code == 200
