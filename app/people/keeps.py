"""How long is kept what signing in, rolls and jobs leave behind."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, or_, select, update

from app.core.jobs import Job
from app.core.limits import Tries
from app.core.once import OnceKey
from app.core.personal import Keep, dropping
from app.core.transaction import Tx
from app.engine.phrase import phrase
from app.people.models import AccessLog, Device, HouseholdCode, MoveCode, StaffLink
from app.people.places import RollImport, RollRowStaged

HALF_A_YEAR = 183


def _unseen(before: int) -> Any:
    """Devices that nobody used since, or that were removed."""
    last = func.coalesce(Device.ended_at, Device.seen_at, Device.paired_at)
    return select(Device.id).where(last < before)


def _drop_devices(tx: Tx, ids: list[int]) -> int:
    quiet = {"synchronize_session": False}
    tx.session.execute(delete(MoveCode).where(MoveCode.device_id.in_(ids)).execution_options(**quiet))
    tx.session.execute(delete(Device).where(Device.id.in_(ids)).execution_options(**quiet))
    return len(ids)


def _ended_codes(before: int) -> Any:
    ended = or_(HouseholdCode.ended_at < before, HouseholdCode.expires_at < before)
    return select(HouseholdCode.id).where(ended, HouseholdCode.id.not_in(select(Device.code_id)))


def _old_rows(before: int) -> Any:
    """Rows of spreadsheets that were applied, dropped, or left lying."""
    over = select(RollImport.id).where(RollImport.at < before)
    return select(RollRowStaged.id).where(RollRowStaged.import_id.in_(over))


def _drop_rows(tx: Tx, ids: list[int]) -> int:
    imports = select(RollRowStaged.import_id).where(RollRowStaged.id.in_(ids))
    # What was never applied can't be any more: its rows are gone.
    tx.session.execute(
        update(RollImport)
        .where(RollImport.id.in_(imports), RollImport.state == "ready")
        .values(state="dropped")
        .execution_options(synchronize_session=False)
    )
    return dropping(RollRowStaged)(tx, ids)


KEEPS = (
    Keep(
        "devices",
        phrase("Devices that nobody used, or that were removed"),
        phrase("Whoever comes back signs in with the code on the slip."),
        400,
        _unseen,
        _drop_devices,
    ),
    Keep(
        "codes",
        phrase("Codes and links to sign in with that are used up or over"),
        phrase("They open nothing any more."),
        30,
        _ended_codes,
        dropping(HouseholdCode),
    ),
    Keep(
        "links",
        phrase("Links for staff that are used up or over"),
        phrase("They open nothing any more."),
        30,
        lambda before: select(StaffLink.id).where(or_(StaffLink.used_at < before, StaffLink.expires_at < before)),
        dropping(StaffLink),
    ),
    Keep(
        "moves",
        phrase("Six digits that carried a device into another browser"),
        phrase("They count for ten minutes."),
        1,
        lambda before: select(MoveCode.id).where(MoveCode.expires_at < before),
        dropping(MoveCode),
    ),
    Keep(
        "tries",
        phrase("Counted tries, under scrambled addresses"),
        phrase("They keep others from guessing codes."),
        2,
        lambda before: select(Tries.id).where(Tries.window_start < before),
        dropping(Tries),
    ),
    Keep(
        "forms",
        phrase("Keys of forms that were sent"),
        phrase("So that a form sent twice counts once."),
        30,
        lambda before: select(OnceKey.id).where(OnceKey.at < before),
        dropping(OnceKey),
    ),
    Keep(
        "rolls",
        phrase("Rows of a roll’s spreadsheet, after it was read"),
        phrase("Their content stands in the roll by then; householders’ names are in them."),
        30,
        _old_rows,
        _drop_rows,
    ),
    Keep(
        "access",
        phrase("Who of the staff looked at whose data"),
        phrase("Long enough to follow up a complaint; logs at least six months (Cybersecurity Law, art. 21)."),
        365,
        lambda before: select(AccessLog.id).where(AccessLog.at < before),
        dropping(AccessLog),
        least=HALF_A_YEAR,
    ),
    Keep(
        "jobs",
        phrase("Work that was done by the server"),
        phrase("To mend what failed."),
        90,
        lambda before: select(Job.id).where(Job.state.in_(("done", "failed")), Job.ended_at < before),
        dropping(Job),
    ),
)
