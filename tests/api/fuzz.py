"""Requests that schemathesis makes up from the description: no fault of ours, and no answer that is not described.

A few here; ``make fuzz-api`` makes two thousand and says what was answered.
"""

from __future__ import annotations

import os
from collections import Counter
from random import Random
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from app.api.kinds import BY_KEY
from tests.api.conftest import OpenTown

CASES = int(os.environ.get("QIDING_FUZZ_CASES", "60"))
SOME = 4  # cases of an operation at least
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.positive_data_acceptance,
    checks.unsupported_method,
    checks.allow_header_conformance,
]


def fuzz(town: OpenTown) -> Counter[int]:
    """Ask what the description lets one ask, and what it does not; how often each status was answered."""
    described = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", town.world.app)
    operations = [result.ok() for result in described.get_all_operations()]
    if SOME * len(operations) > CASES:
        # To make the first case of an operation costs most: few of them here, and some of each.
        operations = Random(CASES).sample(operations, CASES // SOME)
    answered: Counter[int] = Counter()
    for operation in operations:
        _ask(town, operation, -(-CASES // len(operations)), answered)
    print(f"{len(operations)} operations, {sum(answered.values())} cases: {dict(sorted(answered.items()))}")
    return answered


def _ask(town: OpenTown, operation: Any, most: int, answered: Counter[int]) -> None:
    strategies = [operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)]
    known = _known(town, operation.path)
    strategies += [operation.as_strategy(path_parameters={"id": one}) for one in known]  # else most are not found

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
        # Any text is a cursor by the description; only one that a list gave is taken, which none that is made up is.
        made_up = [checks.positive_data_acceptance] if "cursor" in (case.query or {}) else []
        response = case.call_and_validate(checks=CHECKS, excluded_checks=made_up)
        answered[response.status_code] += 1

    asked()


def _known(town: OpenTown, path: str) -> list[str]:
    """Some identifiers of things that are there."""
    if "{id}" not in path:
        return []
    key = path.split("/")[3]
    return [row[BY_KEY[key].columns[0].key] for row in town.rows(f"/api/v1/{key}")[:2]]
