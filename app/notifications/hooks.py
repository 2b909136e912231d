"""Robots of neighbours' groups: what each kind understands, as data, and how one line is posted to it, to no other host."""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app.core.database import db
from app.core.delivery import Delivery, GroupHook
from app.core.i18n import force_locale, gettext, say
from app.engine.errors import Invalid
from app.engine.phrase import Phrase, phrase
from app.notifications import mail
from app.notifications.queries import words_of
from app.notifications.smtp import DOWN, SENT, Result

PATIENCE = 10.0
MOST_WORDS = 400  # a robot takes 2,048 bytes


@dataclass(frozen=True)
class Kind:
    """A kind of robot: the JSON it takes, where in its answer a code stands, and which codes say *later*."""

    name: Phrase
    body: Callable[[str], Mapping[str, Any]]
    code: str
    busy: frozenset[int]


def _text(content: str) -> Mapping[str, Any]:
    return {"msgtype": "text", "text": {"content": content}}


KINDS: Mapping[str, Kind] = {
    "wecom": Kind(phrase("WeCom (企业微信)"), _text, "errcode", frozenset({-1, 45009})),
    "dingtalk": Kind(phrase("DingTalk (钉钉)"), _text, "errcode", frozenset({-1, 130101})),
    "feishu": Kind(
        phrase("Feishu (飞书)"),
        lambda text: {"msg_type": "text", "content": {"text": text}},
        "code",
        frozenset({11232}),
    ),
}


@dataclass(frozen=True)
class GroupLine:
    """One line for one group."""

    kind: str
    url: str
    text: str


def ready() -> bool:
    """Whether groups can be written to here: the settings name the hosts of their robots."""
    return bool(mail.config().webhook_hosts) and mail.config().base_url is not None


def line(delivery: Delivery) -> GroupLine | None:
    """What a delivery says to its group; None where the robot was removed meanwhile."""
    hook = db.session.get_one(GroupHook, delivery.hook_id)
    if hook.ended_at is not None or not hook.url:
        return None
    with force_locale(hook.language):
        said = mail.one_line(say(words_of(delivery.kind, delivery.data)), MOST_WORDS)
        if not delivery.kind:
            said = gettext("The notice board will tell this group what becomes public.")
    return GroupLine(hook.kind, hook.url, f"{said}\n{mail.config().base_url or ''}{delivery.href}")


def check_url(url: str) -> str:
    """The address of a robot, tidied; refused unless it is https at one of the hosts that the settings name."""
    tidied, hosts = url.strip(), mail.config().webhook_hosts
    try:
        parts = urlsplit(tidied)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    host = (parts.hostname or "").lower()
    fine = (
        tidied.isascii()
        and tidied.isprintable()
        and " " not in tidied
        and "\\" not in tidied
        and parts.scheme == "https"
        and "@" not in parts.netloc
        and port in (None, 443)
        and len(tidied) <= 500
    )
    if (fine and host in hosts) or (mail.config().webhook_plain and f"{host}:{port}" in hosts):
        return tidied
    wrong = phrase("Paste the address that the group’s robot shows. It begins with https:// and one of: %(hosts)s.")
    raise Invalid(wrong, {"url": phrase(wrong.msgid, hosts=", ".join(hosts))})


def send(line: GroupLine) -> Result:
    """Post one line. A redirect is not followed, and no address inside a private network is spoken to."""
    try:
        url = urlsplit(check_url(line.url))
    except Invalid:
        return Result("failed", "foreign")  # the settings name its host no more
    kind = KINDS[line.kind]
    body = json.dumps(kind.body(line.text), ensure_ascii=False).encode()
    try:
        connection = _connect(url.hostname or "", url.port)
    except OSError:
        return DOWN
    try:
        target = url.path or "/"
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Qiding", "Connection": "close"}
        try:
            connection.request("POST", f"{target}?{url.query}" if url.query else target, body, headers)
            answer = connection.getresponse()
            status, said = answer.status, answer.read(8192)
        except (OSError, http.client.HTTPException):
            return Result("uncertain", "no_reply")
    finally:
        connection.close()
    return _judge(kind, status, said)


def _judge(kind: Kind, status: int, said: bytes) -> Result:
    if status == 429 or status >= 500:
        return Result("retry", "later", status)
    if not 200 <= status < 300:
        return Result("failed", "refused", status)
    try:
        told = json.loads(said)
        code = int(told.get(kind.code, told.get("StatusCode", 0)))
    except (ValueError, TypeError, AttributeError):
        code = 0  # a success without a code that we know
    if code in kind.busy:
        return Result("retry", "later", code)
    return SENT if code == 0 else Result("failed", "refused", code)


def _connect(host: str, port: int | None) -> http.client.HTTPConnection:
    """A connection to the very address that was looked at: the name isn't looked up twice."""
    if mail.config().webhook_plain:
        return http.client.HTTPConnection(host, port, timeout=PATIENCE)
    found = {str(row[4][0]) for row in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
    if not found or not all(ipaddress.ip_address(address).is_global for address in found):
        raise OSError("not a public address")
    plain = socket.create_connection((sorted(found, key=lambda text: ":" in text)[0], 443), timeout=PATIENCE)
    try:
        safe = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise
    connection = http.client.HTTPSConnection(host, timeout=PATIENCE)
    connection.sock = safe
    return connection
