"""Passkeys as the server reads them: bound to the site, to the challenge and to the person, each challenge once."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.core.clock import MINUTE
from app.engine.errors import Conflict, Invalid, TooMany
from app.people import passkeys
from app.people.actor import Actor
from app.people.security_models import Factor
from app.people.session import actor_of
from tests.people.authenticator import Passkey
from tests.people.place import Place
from tests.sign_ins import staff_user

HERE = passkeys.Site("localhost", "http://localhost")


def owner(place: Place, key: Passkey, actor: Actor | None = None) -> Actor:
    """Somebody who has this passkey."""
    found = actor or place.facilitator
    staff_user(found.person())
    who, challenge = actor_of(found.person()), passkeys.new_challenge()
    codes = passkeys.add(who, HERE, challenge, key.create(passkeys.creation(who, HERE, challenge)), "钥匙")
    assert len(codes) == 10
    return who


def test_a_passkey_is_kept_and_known_again(place: Place) -> None:
    key = Passkey()
    with place.here() as session:
        who = owner(place, key)
        row = session.scalars(select(Factor)).one()
        assert (row.kind, row.name, row.counter) == ("passkey", "钥匙", 0)
        for _ in range(8):  # more than the wrong tries that are allowed
            challenge = passkeys.new_challenge()
            passkeys.check(who.person(), HERE, challenge, key.get(passkeys.request(who.person(), HERE, challenge)))
        session.expire_all()
        assert (session.get_one(Factor, row.id).counter, row.used_at) == (8, place.clock.now())


def test_what_a_passkey_is_asked_names_only_a_random_name(place: Place) -> None:
    with place.here():
        who = owner(place, Passkey())
        asked = json.loads(passkeys.creation(who, HERE, passkeys.new_challenge()))
        assert asked["rp"] == {"id": "localhost", "name": "Qiding"}
        assert [item["type"] for item in asked["excludeCredentials"]] == ["public-key"]
        assert passkeys.request(place.admin.person(), HERE, passkeys.new_challenge()) == ""


@pytest.mark.parametrize("wrong", ["challenge", "origin", "host", "key", "person", "count", "signature", "kind"])
def test_an_answer_that_fits_in_one_thing_less_is_refused(place: Place, wrong: str) -> None:
    key = Passkey()
    with place.here():
        who = owner(place, key)
        challenge, site = passkeys.new_challenge(), HERE
        asked = passkeys.request(who.person(), HERE, challenge)
        person = who.person()
        if wrong == "challenge":
            answer, challenge = key.get(asked), passkeys.new_challenge()
        elif wrong == "origin":
            answer = replace(key, origin="https://evil.example").get(asked)
        elif wrong == "host":
            answer = key.get(json.dumps({**json.loads(asked), "rpId": "evil.example"}))
        elif wrong == "key":
            answer = replace(key, key=Passkey().key).get(asked)
        elif wrong == "person":
            answer, person = key.get(asked), owner(place, Passkey(), place.admin).person()
        elif wrong == "count":  # a copy of a plugged-in key that fell behind
            passkeys.check(person, HERE, challenge, key.get(asked))
            challenge = passkeys.new_challenge()
            key.count = 0
            answer = key.get(passkeys.request(person, HERE, challenge))
        elif wrong == "kind":
            answer = key.create(passkeys.creation(who, HERE, challenge))
        else:
            found = json.loads(key.get(asked))
            found["response"]["signature"] = found["response"]["signature"][:-6] + "AAAAAA"
            answer = json.dumps(found)
        with pytest.raises(Invalid, match="was not taken"):
            passkeys.check(person, site, challenge, answer)


def test_an_answer_is_good_once(place: Place) -> None:
    key = Passkey()
    with place.here():
        who, challenge = owner(place, key), passkeys.new_challenge()
        answer = key.get(passkeys.request(who.person(), HERE, challenge))
        passkeys.check(who.person(), HERE, challenge, answer)
        with pytest.raises(Invalid):
            passkeys.check(who.person(), HERE, challenge, answer)
        with pytest.raises(Invalid):
            passkeys.check(who.person(), HERE, "", answer)


@pytest.mark.parametrize(
    "answer", ["", "x", "[]", "{}", "null", '{"id": 1}', "[" * 10_000, '{"id": "x", "response": {}}', "x" * 30_000]
)
def test_what_is_no_answer_is_refused(place: Place, answer: str) -> None:
    with place.here():
        who = owner(place, Passkey())
        with pytest.raises(Invalid):
            passkeys.check(who.person(), HERE, passkeys.new_challenge(), answer)
        with pytest.raises(Invalid):
            passkeys.add(who, HERE, passkeys.new_challenge(), answer, "")


def test_answers_are_limited(place: Place) -> None:
    key = Passkey()
    with place.here():
        who = owner(place, key)
        for _ in range(5):
            with pytest.raises(Invalid):
                passkeys.check(who.person(), HERE, passkeys.new_challenge(), "{}")
        challenge = passkeys.new_challenge()
        answer = key.get(passkeys.request(who.person(), HERE, challenge))
        with pytest.raises(TooMany):
            passkeys.check(who.person(), HERE, challenge, answer)
        place.clock.advance(15 * MINUTE)
        passkeys.check(who.person(), HERE, challenge, answer)


def test_a_passkey_is_one_persons(place: Place) -> None:
    key = Passkey()
    with place.here():
        owner(place, key)
        with pytest.raises(Conflict, match="in use already"):
            owner(place, key, place.admin)
