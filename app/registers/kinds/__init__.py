"""One file a kind of register; this list is all that has to know them."""

from app.registers.kinds import (
    acceptance,
    convention,
    milestones,
    minutes,
    money,
    outreach,
    permits,
    review,
    roster,
    stewards,
)

REGISTERS = (
    roster.REGISTER,
    outreach.REGISTER,
    minutes.REGISTER,
    money.REGISTER,
    permits.REGISTER,
    milestones.REGISTER,
    acceptance.REGISTER,
    convention.REGISTER,
    stewards.REGISTER,
    review.REGISTER,
)
