"""Second factors: codes once each, recovery codes, limits, and what an administrator may do."""

from __future__ import annotations

import os
from dataclasses import replace

import pyotp
import pytest
from sqlalchemy import select

from app.core.clock import DAY, MINUTE, SECOND
from app.core.outbox import Message
from app.engine.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from app.people import factors
from app.people.actor import Actor
from app.people.codes import sealed, unsealed
from app.people.models import Person
from app.people.security_models import Factor, RecoveryCode
from app.people.session import actor_of
from tests.people.place import Place
from tests.sign_ins import staff_user

GUESSES = max(50, int(os.environ.get("QIDING_GUESSES", "60")))  # 1000 is the long form


def at(secret: str, instant: int) -> str:
    """What an authenticator with this secret shows at an instant."""
    return str(pyotp.TOTP(secret).generate_otp(instant // factors.STEP))


def with_password(place: Place, actor: Actor) -> Actor:
    """Somebody of the staff who has a password."""
    with place.here():
        staff_user(actor.person())
        return actor_of(actor.person())


def set_up(place: Place) -> tuple[Actor, str, list[str]]:
    """The facilitator with an authenticator in force a minute ago: the actor, its secret, the recovery codes."""
    actor = with_password(place, place.facilitator)
    with place.here():
        made = factors.begin_totp(actor)
        secret = factors.pending_secret(actor, made)
        codes = factors.confirm_totp(actor, made, at(secret, place.clock.now()))
    place.clock.advance(MINUTE)
    return actor, secret, codes


def test_an_authenticator_is_in_force_from_its_first_code_on(place: Place) -> None:
    actor = with_password(place, place.facilitator)
    with place.here() as session:
        made = factors.begin_totp(actor)
        assert factors.factors_of(actor.person()) == []
        with pytest.raises(Invalid):
            factors.check(actor.person(), at(factors.pending_secret(actor, made), place.clock.now()))
        secret = factors.pending_secret(actor, made)
        with pytest.raises(Invalid) as refused:
            factors.confirm_totp(actor, made, "000000" if at(secret, place.clock.now()) != "000000" else "000001")
        assert set(refused.value.fields) == {"code"}
        codes = factors.confirm_totp(actor, made, at(secret, place.clock.now()))
        assert len(set(codes)) == 10
        with pytest.raises(NotFound):  # a secret in force is shown to nobody, its owner included
            factors.pending_secret(actor, made)
        kept = session.scalars(select(Factor)).one()
        assert secret not in kept.secret
        assert unsealed(kept.secret) == secret
        assert not {code for code in codes if code in " ".join(session.scalars(select(RecoveryCode.mac)))}
        told = session.scalars(select(Message.kind).where(Message.person_id == actor.person())).all()
        assert told == ["factor.added"]


def test_a_secret_is_sealed_under_the_applications_secret(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with place.here():
        kept = sealed("JBSWY3DPEHPK3PXP")
        assert unsealed(kept) == "JBSWY3DPEHPK3PXP"
        assert unsealed(kept[:-4] + "AAA=") is None
    config = place.app.config["QIDING"]
    monkeypatch.setitem(place.app.config, "QIDING", replace(config, secret="another"))
    with place.here():
        assert unsealed(kept) is None


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_good_for_its_step_and_a_neighbouring_one(place: Place, steps: int, taken: bool) -> None:
    actor, secret, _ = set_up(place)
    place.clock.advance(5 * MINUTE)
    code = at(secret, place.clock.now() + steps * factors.STEP)
    with place.here():
        if taken:
            assert factors.check(actor.person(), f" {code[:3]} {code[3:]} ") == "totp"
        else:
            with pytest.raises(Invalid):
                factors.check(actor.person(), code)


def test_each_code_is_good_once_and_no_earlier_one_after_it(place: Place) -> None:
    actor, secret, _ = set_up(place)
    with place.here():
        later, earlier = at(secret, place.clock.now()), at(secret, place.clock.now() - factors.STEP)
        assert factors.check(actor.person(), later) == "totp"
        for code in (later, earlier):
            with pytest.raises(Invalid):
                factors.check(actor.person(), code)
        place.clock.advance(30 * SECOND)
        assert factors.check(actor.person(), at(secret, place.clock.now())) == "totp"


def test_a_recovery_code_stands_in_once(place: Place) -> None:
    actor, _, codes = set_up(place)
    other = with_password(place, place.admin)
    with place.here() as session:
        with pytest.raises(Invalid):  # it is one person's
            factors.check(other.person(), codes[0])
        assert factors.check(actor.person(), f" {codes[0].lower().replace('-', ' ')} ") == "recovery"
        with pytest.raises(Invalid):
            factors.check(actor.person(), codes[0])
        assert factors.codes_left(actor.person()) == 9
        assert "recovery.used" in session.scalars(select(Message.kind)).all()
        fresh = factors.renew_codes(actor)
        with pytest.raises(Invalid):
            factors.check(actor.person(), codes[1])
        assert factors.check(actor.person(), fresh[1]) == "recovery"


def test_many_guesses_let_nobody_in(place: Place) -> None:
    actor, secret, _ = set_up(place)
    asked = 0
    with place.here():
        right = {at(secret, place.clock.now() + k * factors.STEP) for k in (-1, 0, 1)}
        for number in range(GUESSES):
            guess = f"{number:06d}"
            if guess in right:
                continue
            with pytest.raises((Invalid, TooMany)) as refused:
                factors.check(actor.person(), guess)
            asked += refused.type is Invalid
        assert asked == 5  # the rest were not even compared
        with pytest.raises(TooMany):
            factors.check(actor.person(), at(secret, place.clock.now()))
        place.clock.advance(15 * MINUTE)
        assert factors.check(actor.person(), at(secret, place.clock.now())) == "totp"


def test_guesses_of_a_day_are_limited_too(place: Place) -> None:
    actor, secret, _ = set_up(place)
    place.clock.advance(DAY - place.clock.now() % DAY)  # a new day's window
    with place.here():
        for _ in range(6):
            for _ in range(5):
                with pytest.raises(Invalid):
                    factors.check(actor.person(), "no code")
            place.clock.advance(15 * MINUTE)
        with pytest.raises(TooMany):
            factors.check(actor.person(), at(secret, place.clock.now()))


def test_right_codes_are_not_counted(place: Place) -> None:
    actor, secret, _ = set_up(place)
    with place.here():
        for _ in range(40):
            place.clock.advance(factors.STEP)
            assert factors.check(actor.person(), at(secret, place.clock.now())) == "totp"


def test_the_last_factor_takes_the_recovery_codes_along(place: Place) -> None:
    actor, _, _ = set_up(place)
    stranger = with_password(place, place.admin)
    with place.here() as session:
        made = factors.factors_of(actor.person())[0].public_id
        with pytest.raises(NotFound):
            factors.remove(stranger, made)
        factors.remove(actor, made)
        assert session.scalars(select(RecoveryCode)).all() == []
        with pytest.raises(Conflict):
            factors.renew_codes(actor)


def test_only_who_signs_in_with_a_password_has_a_factor(place: Place) -> None:
    resident = place.pair(place.code(place.household()))
    with place.here(), pytest.raises(Forbidden):
        factors.begin_totp(resident)


def test_there_is_an_end_to_factors(place: Place) -> None:
    actor, _, _ = set_up(place)
    with place.here():
        for _ in range(9):
            made = factors.begin_totp(actor)
            place.clock.advance(factors.STEP)
            factors.confirm_totp(actor, made, at(factors.pending_secret(actor, made), place.clock.now()))
        with pytest.raises(Conflict, match="ten factors"):
            factors.begin_totp(actor)


def test_an_administrator_takes_lost_factors_away_and_the_person_is_told(place: Place) -> None:
    actor, _, _ = set_up(place)
    browser = place.browser(actor)
    assert browser.get("/me/security").status_code == 200
    admin = with_password(place, place.admin)
    with place.here() as session:
        public_id = session.get_one(Person, actor.person()).public_id
        for stranger in (actor, place.elsewhere):
            with pytest.raises(NotFound):
                factors.reset(stranger, public_id)
        with pytest.raises(Conflict):
            factors.reset(admin, session.get_one(Person, admin.person()).public_id)
        factors.reset(admin, public_id)
        assert factors.factors_of(actor.person()) == []
        assert factors.codes_left(actor.person()) == 0
        told = session.scalars(select(Message).where(Message.kind == "factor.reset")).one()
        assert (told.person_id, told.data) == (actor.person(), {"name": admin.name})
        with pytest.raises(Conflict, match="no second factor"):
            factors.reset(admin, public_id)
    assert browser.get("/me/security").status_code == 302  # whoever holds the lost telephone is out as well
