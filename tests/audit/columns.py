"""Every table and every column: bound by the audit, or not, and why not. A new one fails until it is put down here.

*Bound* means that the audit names the table, the row and the field when the stored value is another one than it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field

KEY = "a key inside the database, of which nothing outside speaks; what it joins is compared by names"
NAME = "a random name of the row, in no entry of the log"
SHOWN = "said to people only, part of no count: its event holds the words, the row isn't compared"
VOTER = "would lead from a ballot to its voter for ever: it must be possible to delete it"


@dataclass(frozen=True)
class Put:
    """A table: where its rows are tampered with, which columns are bound, and why the others aren't."""

    # "town" (place.py), "hall" (hall.py), "proof", "removals", "brought" (tests of these); nothing: no column is bound
    at: str = ""
    bound: str = ""
    free: dict[str, str] = field(default_factory=dict)  # reasons by columns; "*" for a whole table


def whole(reason: str) -> Put:
    """A table of which nothing is bound."""
    return Put(free={"*": reason})


PUT: dict[str, Put] = {
    # The log and what signs it.
    "log": Put("town", "community_id seq body", {"id": KEY}),
    "log_head": Put("town", "community_id size", {"id": KEY}),
    "event": Put(
        "town",
        "community_id project_id kind at data salt hash",
        {"id": KEY, "person_id": "no part of the hash; where who did it matters, the data names the person too"},
    ),
    "log_key": Put("proof", "key seq at", {"id community_id": KEY}),
    "checkpoint": Put(
        "proof",
        "size root frontier note",
        {"id community_id": KEY, "at": "says only when this server signed it; others sign theirs"},
    ),
    "log_tile": Put("proof", "number root", {"id community_id": KEY}),
    "log_mark": Put("proof", "subject seq kind", {"id community_id": KEY}),
    "version": whole("numbers drawn by chance, which say that something was written and not what"),
    "dossier": whole("a file that is built anew from the rest, and is checked by its own list and signature"),
    "bundle": whole("a file that is built anew from the rest, and brings the program that checks it"),
    # Projects and their records.
    "project": Put(
        "town",
        "id public_id community_id method_version_id state state_reason step started_at moved_at over_at",
        {
            "title place summary scope picture pin_x pin_y parent_id copied_from_id": SHOWN,
            "facilitator_id": "who leads a project may change; what a facilitator did names its person",
        },
    ),
    "project_origin": Put(
        "brought",
        "community_id project_id origin community_name site key checkpoint dossier_sha256 length facts at",
        {"id": KEY},
    ),
    "method_version": Put(
        "town",
        "id key version source sha256",
        {"public_id": NAME, "added_at offered": "about new projects; a project keeps the version it began with"},
    ),
    "step_run": Put(
        "town",
        "id community_id project_id step attempt opened_at closed_at left",
        {"public_id": NAME},
    ),
    "activity_run": Put(
        "town",
        "community_id project_id step_run_id key kind",
        {
            "id": KEY,
            "public_id": NAME,
            "opens_at closes_at": "for the calendar and the gates; the hours of a vote are bound on its poll",
        },
    ),
    "gate_waiver": Put("town", "community_id step_run_id gate person_id by_name reason at", {"id": KEY}),
    "sign_off": Put("town", "community_id step_run_id gate holds note person_id by_name at", {"id": KEY}),
    "record": Put(
        "town",
        "id public_id community_id project_id step_run_id corrects_id year number step attempt title seal body sha256"
        " published_at published_by_id",
    ),
    "record_word": Put("removals", "record_id hash salt text removal_id", {"id": KEY}),
    # What the law bade remove.
    "removal": Put(
        "removals",
        "id public_id community_id project_id kind subject href ground reason person_id by_name at hashes",
    ),
    # Votes.
    "decision": Put(
        "town",
        "id public_id community_id project_id activity_run_id title draft policy state state_at narrowed_at proposer_id",
    ),
    "text_version": Put("town", "id decision_id number title text text_hash"),
    "poll": Put(
        "town",
        "id public_id community_id project_id decision_id version_id attempt rule electorate mode paper matter quorum"
        " threshold asked_of announced_at announced_by_id opens_at closes_at rings prolong_days prolonged_until voided_at"
        " roll_size roll_area roll_root tally settled_at final_at links_deleted_at",
    ),
    "roll_entry": Put(
        "town",
        "id community_id poll_id household_id person_id owner_id unit_key label heads area rings source entered_by_id"
        " disputed_at online_at",
        {
            "last_person_id boxed_at": VOTER,
            "voted": "an unlinked vote tells of a unit only that it voted, so that nobody is asked twice",
        },
    ),
    "slot": Put("town", "id poll_id code"),
    "slot_link": Put("hall", "slot_id poll_id", {"roll_entry_id": VOTER + "; how many there are is compared"}),
    "ballot_batch": Put("town", "id poll_id number size seq at"),
    "ballot": Put(
        "town",
        "poll_id slot_id stance choice seq supersedes_id live channel serial helper nonce commitment batch_id",
        {
            "id": KEY,
            "public_id": "where there is a slot, slot and number name the ballot; only without one this name is bound",
            "form": "keeps a form sent twice from being two ballots",
        },
    ),
    "objection": Put(
        "town",
        "poll_id ballot_id state ended_at disagreed_at offered_at words answer defers owner due_on accepted public_id",
        {"id": KEY},
    ),
    "decision_outcome": Put(
        "hall",
        "decision_id by_id by_name owner tasks review_at at found found_by found_at",
        {"id": KEY, "told_at": "when the message went out that the day of the review has come"},
    ),
    # Votes the law knows.
    "roll_voice": Put("hall", "poll_id roll_entry_id household_id owner_id", {"id": KEY}),
    "mandate": Put(
        "hall",
        "public_id community_id poll_id roll_entry_id holder_id paper scan entered_by_id at revoked_at revoked_by_id",
        {"id": KEY},
    ),
    "matter": Put("hall", "community_id decision_id item reason classified_by_id at", {"id": KEY}),
    "authorisation": Put(
        "hall",
        "public_id community_id authority number date scan entered_by_id at revoked_at revoked_by_id revoked_reason",
        {"id": KEY},
    ),
    "count_objection": Put(
        "hall",
        "public_id community_id poll_id person_id reason at answer answered_by_id answered_at",
        {"id": KEY},
    ),
    # The objection desk.
    "disagreement": Put("hall", "objection_id person_id reason at", {"id": KEY}),
    "willing": Put("hall", "poll_id person_id at", {"id": KEY}),
    "poll_inspector": Put("hall", "community_id poll_id person_id name named_at fault found_at", {"id": KEY}),
    "panel": Put("hall", "id objection_id checkpoint dice seed pool at drawn_at"),
    "panel_seat": Put("hall", "id panel_id person_id number"),
    "panel_word": Put("hall", "seat_id turn yes reason at", {"id": KEY}),
    "objection_message": whole("a talk between the desk and who objected: an entry would tell when they wrote"),
    # Paper.
    "paper_sheet": Put(
        "hall",
        "poll_id number serial roll_entry_id named state turn issued_at issued_by_id returned_at ended_at scan scan_sha256",
        {"id": KEY, "public_id": NAME, "sealed": "whether the log tells all of it yet: the next tick sees to that"},
    ),
    "paper_entry": Put(
        "hall",
        "sheet_id turn kind roll_entry_id choice",
        {
            "id": KEY,
            "person_id": "two different persons read each sheet, which the table itself holds; who did is not in the log",
            "at": "the hour of a reading is in no entry; when a sheet came to its end is",
        },
    ),
    "paper_helper": Put("hall", "poll_id person_id named_by_id at ended_at", {"id": KEY, "public_id": NAME}),
    "paper_draw": Put("hall", "poll_id log_size log_root fixed_at dice seed serials drawn_at", {"id": KEY}),
    "paper_check": Put("hall", "sheet_id person_id same at", {"id": KEY}),
    # Who is who: rolls are frozen, and bound, when a vote is announced.
    **dict.fromkeys(
        ("building", "entrance", "unit", "household", "owner", "ownership", "owner_person", "ring_member"),
        whole("changes lawfully every day; what a vote took from it was frozen on its roll, which is bound"),
    ),
    "person": whole("one's own name and settings, which one may change and delete"),
    "role_grant": whole("its events tell who got which role; what somebody did by it is bound where it was done"),
    **dict.fromkeys(
        ("roll_import", "roll_row"),
        whole("a file on its way into the roll; its event holds the hash of what was read"),
    ),
    "community": whole("name, address and desk of a community, changed by the town; the log goes by its public id"),
    "town": whole("name and desk of the town"),
    # What people say around a vote.
    **dict.fromkeys(("comment", "comment_report", "comment_revision", "talk"), whole(SHOWN)),
    "search_document": whole("made from the features' own rows, and made anew by flask search rebuild"),
    **dict.fromkeys(("proposal", "proposal_revision", "proposal_support"), whole(SHOWN)),
    **dict.fromkeys(
        ("complaint", "notice_proof", "register_entry"), whole(SHOWN + "; the record of the step is bound")
    ),
    "notice": whole("a posted one is compared with its fingerprint in the log: tests/audit/test_audit_notices.py"),
    "notice_wording": whole("words to begin a notice with; what was posted keeps its own, under its fingerprint"),
    "special_day": whole("its events tell what was set; what was posted keeps its days, under its fingerprint"),
    # Meetings.
    "meeting": Put(
        "meetings",
        "public_id project_id activity_run_id title place agenda rings starts_at ends_at called_at called_by_id change"
        " cancelled_at cancel_reason opened_at ended_at commitments",
        {
            "id": KEY,
            "community_id": "held fast by the keys to its project and its activity, and by the log that calls it",
            "form by_name change_reason": SHOWN,
            "door item question": "what the room sees while the meeting lasts; its code ends with it",
        },
    ),
    "meeting_presence": Put(
        "meetings",
        "public_id meeting_id ring how at entered_by_id live",
        {
            "id": KEY,
            "community_id": "held fast by the key to its meeting",
            "name label household_id": "the line on the sheet, which may have to be taken out; the ring is what counts",
            "person_id": "bound where the code was scanned; of a line on paper, found by name, as its author may mend it",
        },
    ),
    "meeting_minutes": Put(
        "meetings",
        "public_id meeting_id number text text_hash reason by_name offered_at present needed frozen_at body sha256"
        " commitments",
        {
            "id": KEY,
            "community_id": "held fast by the key to its meeting",
            "made_at person_id dropped_at": "about drafts and what was taken back; what is confirmed is bound",
        },
    ),
    "meeting_confirmation": Put(
        "meetings",
        "public_id minutes_id presence_id person_id entered_by_id how at",
        {"id": KEY, "community_id": "held fast by the keys to the minutes and to the list"},
    ),
    "meeting_note": whole("a working note until the minutes are confirmed, whose text and hash are bound"),
    "media": whole("a file by its hash; where a vote rests on one, the hash is in the log and compared"),
    # Signing in, messages, machinery.
    **dict.fromkeys(
        (
            *("device", "household_code", "move_code", "staff_link", "once_key", "tries"),
            *("staff_session", "second_factor", "recovery_code"),
        ),
        whole("signing in, and forms sent twice: ends by itself, part of no proof"),
    ),
    "erasure": whole("whose data was erased, by ids; its entry in the log has the same number, and nobody's name"),
    "access_log": whole("who of the staff looked at whose data; read by the inspectors, in no log that is published"),
    "message": whole("told to one person, once; what it speaks of is bound itself"),
    **dict.fromkeys(("delivery", "mail_address"), whole("what was sent where, and whether it came; part of no count")),
    "group_hook": whole("where the robot of a group is, changed by a facilitator; only what is public is said there"),
    "job": whole("work that waits for its turn"),
}


def free_of(table: str) -> dict[str, str]:
    """The columns of a table that aren't bound, each with the reason."""
    return {name: reason for names, reason in PUT[table].free.items() for name in names.split()}


def bound_at(place: str) -> list[tuple[str, str]]:
    """The bound columns of the tables that are tampered with at a place."""
    return [(table, name) for table, put in PUT.items() if put.at == place for name in put.bound.split()]
