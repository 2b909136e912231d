"""Requests that schemathesis makes up from the description: no fault of ours, and no answer that is not described.

A few here; ``make fuzz-api`` makes two thousand and says what was answered.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from app.api import limit
from tests.api.conftest import OpenTown

CASES = int(os.environ.get("QIDING_FUZZ_CASES", "60"))
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.positive_data_acceptance,
]


@pytest.fixture
def described(town: OpenTown, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The description as schemathesis reads it from the application."""
    monkeypatch.setattr(limit, "MOST", 1_000_000)  # how it refuses is tested elsewhere; here it would hide all else
    yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", town.world.app)


def test_every_answer_is_one_that_the_description_has(town: OpenTown, described: Any) -> None:
    operations = [result.ok() for result in described.get_all_operations()]
    answered: Counter[int] = Counter()
    each = -(-CASES // len(operations))
    for operation in operations:
        _ask(operation, each, answered)
    print(f"{len(operations)} operations, {sum(answered.values())} cases: {dict(sorted(answered.items()))}")
    assert sum(answered.values()) >= CASES


def _ask(operation: Any, most: int, answered: Counter[int]) -> None:
    strategies = [operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)]

    @given(case=st.one_of(strategies))
    @settings(
        max_examples=most,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def asked(case: Case) -> None:
        response = case.call_and_validate(checks=CHECKS)
        answered[response.status_code] += 1

    asked()
