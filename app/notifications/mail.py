"""The words of an e-mail: plain text and simple HTML, in the language of its reader, headers that nobody's words can break."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import select

from app.config import Config, MailServer
from app.core.database import db
from app.core.delivery import Delivery
from app.core.i18n import force_locale, gettext, local, moment, ngettext, say
from app.core.outbox import Message
from app.notifications import links
from app.notifications.models import MailAddress
from app.notifications.queries import words
from app.people.queries import town
from app.projects.models import Project

MOST_SHOWN = 60
MOST_SUBJECT = 70


@dataclass(frozen=True)
class Line:
    """One message in an e-mail."""

    says: str
    when: str
    url: str


@dataclass(frozen=True)
class Letter:
    """An e-mail ready to be sent."""

    to: str
    message: EmailMessage


def config() -> Config:
    """The settings of this process."""
    found: Config = current_app.config["QIDING"]
    return found


def ready() -> bool:
    """Whether e-mail is set up here; without it nothing is enqueued."""
    return config().mails


def server() -> MailServer:
    """Where e-mail is handed over; asked only where there is one."""
    found = config().mail
    assert found is not None
    return found


def digest_hour() -> int:
    """The hour of the day at which digests are due."""
    return config().digest_hour


def letter(delivery: Delivery, now: int) -> Letter | None:
    """The e-mail of a delivery; None where its person wants none any more, or gave another address that isn't confirmed."""
    row = db.session.scalar(select(MailAddress).where(MailAddress.person_id == delivery.person_id))
    if row is None or links.masked(row.address) != delivery.shown:
        return None
    if delivery.purpose == "confirm":
        if row.confirmed_at is not None or not delivery.key.endswith(row.nonce):
            return None
        with force_locale(row.language):
            return Letter(row.address, _confirm(delivery, row, now))
    if row.confirmed_at is None or row.choice == "none":
        return None
    with force_locale(row.language):
        return Letter(row.address, _news(delivery, row, now))


def _confirm(delivery: Delivery, row: MailAddress, now: int) -> EmailMessage:
    values: dict[str, object] = {"url": _url(links.path("confirm", row)), "site": _site_name()}
    return _message(delivery, row, now, gettext("Confirm your e-mail address"), "confirm", values)


def _news(delivery: Delivery, row: MailAddress, now: int) -> EmailMessage:
    query = (
        select(Message, Project.title)
        .outerjoin(Project, Project.id == Message.project_id)
        .where(Message.delivery_id == delivery.id)
        .order_by(Message.id.desc())
    )
    found = [(message, title or "") for message, title in db.session.execute(query)]
    if not found:
        raise LookupError("an e-mail without a message")
    stop = _url(links.path("stop", row))
    values = {
        "groups": _groups(found[:MOST_SHOWN]),
        "more": len(found) - MOST_SHOWN,
        "inbox": _url("/me/messages"),
        "settings": _url("/me/mail"),
        "stop": stop,
        "site": _site_name(),
    }
    message = _message(delivery, row, now, _subject(found), "news", values)
    message["List-Unsubscribe"] = f"<{stop}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return message


def _groups(found: Sequence[tuple[Message, str]]) -> list[tuple[str, list[Line]]]:
    """Messages by project, the one with the newest first, newest first within each."""
    groups: dict[str, list[Line]] = {}
    for message, title in found:
        line = Line(say(words(message)), moment(message.created_at), _url(message.href) if message.href else "")
        groups.setdefault(title, []).append(line)
    return list(groups.items())


def _subject(found: Sequence[tuple[Message, str]]) -> str:
    message, project = found[0]
    if len(found) == 1:
        said = say(words(message))
        return f"{project}{gettext(': ')}{said}" if project and project not in said else said
    if project and all(title == project for _, title in found):
        return str(
            ngettext("%(project)s: %(num)s message", "%(project)s: %(num)s messages", len(found), project=project)
        )
    return str(ngettext("%(num)s message from your projects", "%(num)s messages from your projects", len(found)))


def one_line(text: str, most: int) -> str:
    """Words fit for a header: no line ends, no control characters, not longer than so much."""
    flat = " ".join(
        re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]", " ", text).split()
    )
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"


def _message(
    delivery: Delivery, row: MailAddress, now: int, subject: str, name: str, values: dict[str, object]
) -> EmailMessage:
    sender = server().sender
    local_part, _, host = sender.rpartition("@")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(one_line(_site_name(), 60), local_part, host)
    message["To"] = Address(addr_spec=row.address)
    message["Subject"] = one_line(subject, MOST_SUBJECT)
    message["Date"] = format_datetime(local(now))
    message["Message-ID"] = f"<{delivery.public_id.lower()}@{host}>"  # the same, however often it is tried
    message["Auto-Submitted"] = "auto-generated"
    values["lang"] = "en" if row.language == "en" else "zh-Hans"
    # Straight from the environment: what every page knows of its reader needs a request, and here is none.
    pages = current_app.jinja_env
    message.set_content(pages.get_template(f"notifications/{name}.txt").render(values), cte="base64")
    html = pages.get_template(f"notifications/{name}_mail.html").render(values)
    message.add_alternative(html, subtype="html", cte="base64")
    message["Content-Language"] = "en" if row.language == "en" else "zh-CN"  # last: content takes such headers along
    return message


def _site_name() -> str:
    here = town()
    if here is None:
        return str(gettext("Qiding"))
    return (here.name_en or here.name) if gettext("Qiding") == "Qiding" else here.name


def _url(path: str) -> str:
    """The full address of a page of this site; other addresses are left out of e-mails."""
    base = config().base_url or ""
    return base + path if not urlsplit(path).netloc else base
