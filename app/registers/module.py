"""The manifest of registers."""

from __future__ import annotations

from app.core.module import Module
from app.projects.kinds import Speaks
from app.registers.kinds import REGISTERS
from app.registers.queries import activity_kind, gate_kind, spoke
from app.registers.views import registers as blueprint

registers = Module(
    name="registers",
    blueprints=(blueprint,),
    provides=(
        *(activity_kind(register) for register in REGISTERS),
        *(gate_kind(register, gate) for register in REGISTERS for gate in register.gates),
        Speaks(spoke),
    ),
)
