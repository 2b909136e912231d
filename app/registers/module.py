"""The manifest of registers."""

from __future__ import annotations

from app.core.module import Module
from app.core.removals import Holds
from app.engine.phrase import phrase
from app.projects.kinds import Speaks
from app.registers.kinds import REGISTERS
from app.registers.models import RegisterEntry
from app.registers.personal import PERSONAL
from app.registers.queries import activity_kind, address_of, gate_kind, spoke, words_in
from app.registers.views import registers as blueprint

HELD = Holds(
    RegisterEntry,
    {"by_name": phrase("Written by"), "removed_reason": phrase("Why it was removed")},
    RegisterEntry.project_id,
    kind="entry",
    title=phrase("An entry of a register"),
    href=address_of,
    json="data",
    within=words_in,
    events=frozenset({"register.added", "register.corrected", "register.removed"}),
)

registers = Module(
    name="registers",
    blueprints=(blueprint,),
    provides=(
        *(activity_kind(register) for register in REGISTERS),
        *(gate_kind(register, gate) for register in REGISTERS for gate in register.gates),
        Speaks(spoke),
    ),
    holds=(HELD,),
    personal=PERSONAL,
)
