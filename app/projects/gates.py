"""The gate that every method may ask anywhere: a facilitator's word on a question, with what it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for
from sqlalchemy import func, select

from app.core.database import db
from app.engine.gates import GateResult, Missing
from app.engine.method import GateSpec, SettingSpec
from app.engine.phrase import phrase
from app.projects.kinds import GateKind, GateRef
from app.projects.models import SignOff

SPEC = GateSpec("sign_off", settings=(SettingSpec("question", "text", required=True),), waivable=True)


def judge(refs: Sequence[GateRef], now: int) -> Sequence[GateResult]:
    """A sign-off is met when the newest word on it is yes."""
    newest = (
        select(func.max(SignOff.id))
        .where(SignOff.step_run_id.in_({ref.step_run_id for ref in refs}))
        .group_by(SignOff.step_run_id, SignOff.gate)
    )
    found = {
        (row.step_run_id, row.gate): row for row in db.session.scalars(select(SignOff).where(SignOff.id.in_(newest)))
    }
    results = []
    for ref in refs:
        row, question = found.get((ref.step_run_id, ref.gate.key)), ref.gate.text("question")
        met = row is not None and row.holds
        if row is None:
            says = phrase("%(question)s The facilitator has not answered yet.", question=question)
        elif row.holds:
            says = phrase(
                "%(question)s Yes, says %(name)s: %(note)s", question=question, name=row.by_name, note=row.note
            )
        else:
            says = phrase(
                "%(question)s No, says %(name)s: %(note)s", question=question, name=row.by_name, note=row.note
            )
        href = url_for("projects.sign_off", slug=ref.slug, public_id=ref.project_public_id, gate=ref.gate.key)
        missing = () if met else (Missing(phrase("Answer this question, and say what the answer rests on."), href),)
        results.append(GateResult(ref.gate.key, ref.gate.kind, met, says, missing, waivable=True))
    return results


SIGN_OFF = GateKind(SPEC, phrase("Facilitator's sign-off"), judge)
