"""The manifest of the proof."""

from __future__ import annotations

from flask import current_app

from app.config import Config
from app.core.module import Module
from app.proof import bundle, checkpoints, links
from app.proof.kept import VOTES
from app.proof.views import proof as blueprint


def end_links() -> int:
    """End the links whose time has come; how long those of owners stay is a setting."""
    config: Config = current_app.config["QIDING"]
    return links.delete_due(config.evidence_days)


proof = Module(
    name="proof",
    blueprints=(blueprint,),
    provides=(VOTES,),
    jobs={"checkpoint": checkpoints.job, bundle.JOB: bundle.job},
    tick=(end_links, checkpoints.make_due, bundle.enqueue_due),
    unkept=frozenset({"proof.receipt", "proof.statement", "proof.identified", "proof.looks", "proof.missing"}),
)
