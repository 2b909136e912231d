"""The manifest of the proof."""

from __future__ import annotations

from app.core.module import Module
from app.proof import bundle, checkpoints

proof = Module(
    name="proof",
    jobs={"checkpoint": checkpoints.job, bundle.JOB: bundle.job},
    tick=(checkpoints.make_due, bundle.enqueue_due),
)
