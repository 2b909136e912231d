"""The manifest of the proof."""

from __future__ import annotations

from app.core.module import Module
from app.proof import bundle, checkpoints, links
from app.proof.views import proof as blueprint

proof = Module(
    name="proof",
    blueprints=(blueprint,),
    jobs={"checkpoint": checkpoints.job, bundle.JOB: bundle.job},
    tick=(links.delete_due, checkpoints.make_due, bundle.enqueue_due),
)
