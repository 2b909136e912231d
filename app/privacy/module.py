"""The manifest of personal data."""

from __future__ import annotations

from app.core.module import Module
from app.core.personal import Personal
from app.engine.phrase import phrase
from app.privacy import ledger, retention
from app.privacy.views import privacy as blueprint

ERASURES = Personal(
    "erasures",
    phrase("That your data was erased"),
    phrase("The random number that you had here, the day, the ground, and which paper; no name."),
    phrase("So that an old copy that is restored is erased again, and it can be shown that it was done."),
    phrase("As long as there are copies of the database."),
    phrase("The town’s administrator."),
    "47, 51",
    deeds=("erasure.by_id",),
)

privacy = Module(
    name="privacy",
    blueprints=(blueprint,),
    jobs={retention.JOB: retention.run},
    tick=(ledger.write_due, retention.enqueue_due),
    personal=(ERASURES,),
    restored=(ledger.reapply,),
)
