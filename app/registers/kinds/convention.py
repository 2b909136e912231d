"""The residents' convention: its text in articles, drafted together. It is adopted by a vote, not here."""

from __future__ import annotations

from app.engine.catalogue import ActivitySpec
from app.engine.phrase import phrase
from app.registers.shape import Field, Register, Section

REGISTER = Register(
    spec=ActivitySpec("convention", ("edit",)),
    title=phrase("Residents' convention"),
    ask=phrase("Draft the convention, article by article"),
    verb=phrase("Draft the convention"),
    sections=(
        Section(
            "articles",
            phrase("Articles"),
            phrase("Add an article"),
            (
                Field("title", phrase("What it is about")),
                Field("text", phrase("The article"), "prose"),
            ),
        ),
    ),
)
