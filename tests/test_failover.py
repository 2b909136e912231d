"""``make failover`` in short: the primary dies while people vote, and every ballot that was acknowledged is at its standby."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from tests.clusters import programs

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.usefixtures("database_url")  # so that it runs where PostgreSQL is asked for, and once
def test_no_acknowledged_ballot_is_lost_with_a_synchronous_standby() -> None:
    from failover import failovers

    if programs() is None:
        pytest.skip("a PostgreSQL answers, and its programs are not here")
    (turn,) = failovers("on", 1, random.Random(7))
    assert turn.recorded > 0
    assert (turn.lost, turn.twice, turn.bad) == ([], [], False)
    assert turn.in_the_cut <= 8, "without the standby nothing more is acknowledged than what it had confirmed already"
