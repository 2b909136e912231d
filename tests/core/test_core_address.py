"""Whose address a limit counts (H3): what a reader claims of itself is not believed."""

from __future__ import annotations

import dataclasses

import pytest
from flask import Flask

from app.core.database import db
from app.core.web import client_address
from app.factory import create_app


@pytest.mark.parametrize("claimed", ["1.2.3.4", "1.2.3.4, 5.6.7.8", "::1", "x" * 9000, ", ,"])
def test_without_a_proxy_nothing_that_is_claimed_counts(app: Flask, claimed: str) -> None:
    with app.test_request_context("/", headers={"X-Forwarded-For": claimed}, environ_base={"REMOTE_ADDR": "192.0.2.7"}):
        assert client_address() == "192.0.2.7"


def test_behind_one_proxy_only_what_it_adds_counts(app: Flask) -> None:
    proxied = create_app(dataclasses.replace(app.config["QIDING"], forwarded_hops=1))
    proxied.add_url_rule("/address", "address", client_address)
    client = proxied.test_client()
    answer = client.get(
        "/address", headers={"X-Forwarded-For": "1.2.3.4, 192.0.2.9"}, environ_base={"REMOTE_ADDR": "127.0.0.1"}
    )
    assert answer.text == "192.0.2.9"
    with proxied.app_context():
        db.engine.dispose()
