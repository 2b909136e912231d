"""Reads of messages: each kind's words come from the module that sends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from app.core.database import db
from app.core.outbox import Message
from app.engine.phrase import Phrase, phrase
from app.projects.models import Project

PAGE = 30


@dataclass(frozen=True)
class Shown:
    """A message ready to be read."""

    message: Message
    says: Phrase
    project: str


def words(message: Message) -> Phrase:
    """What a message says; a plain sentence for a kind whose module is gone."""
    return words_of(message.kind, message.data)


def words_of(kind: str, data: Mapping[str, Any]) -> Phrase:
    """What a kind of message says of these values."""
    for module in current_app.extensions["qiding.modules"]:
        if kind in module.messages:
            found: Phrase = module.messages[kind](data)
            return found
    return phrase("Something happened in a project you take part in.")


def inbox(person_id: int, page: int = 1) -> tuple[list[Shown], int]:
    """A page of a person's messages, newest first, and how many pages there are."""
    total = db.session.scalar(select(func.count()).select_from(Message).where(Message.person_id == person_id)) or 0
    pages = max(1, -(-total // PAGE))
    query = (
        select(Message, Project.title)
        .outerjoin(Project, Project.id == Message.project_id)
        .where(Message.person_id == person_id)
        .order_by(Message.id.desc())
        .offset((min(max(1, page), pages) - 1) * PAGE)
        .limit(PAGE)
    )
    return [Shown(message, words(message), title or "") for message, title in db.session.execute(query)], pages


def unread(person_id: int) -> int:
    """How many messages were not looked at yet."""
    query = select(func.count()).select_from(Message).where(Message.person_id == person_id, Message.read_at.is_(None))
    return db.session.scalar(query) or 0
