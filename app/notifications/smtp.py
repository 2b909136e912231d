"""E-mail handed over by SMTP, step by step, so that one knows what a fault leaves: nothing sent, or perhaps sent."""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as WIRE

from app.config import MailServer


@dataclass(frozen=True)
class Result:
    """What came of one try. ``state``: sent, retry, failed or uncertain; ``down`` says that the other side is."""

    state: str
    error: str = ""
    code: int | None = None
    down: bool = False


SENT = Result("sent")
DOWN = Result("retry", "unreachable", down=True)


class Post:
    """A connection to the mail server, opened when first needed and kept for the next e-mail."""

    def __init__(self, server: MailServer) -> None:
        self.server = server
        self._line: smtplib.SMTP | None = None

    def close(self) -> None:
        """Hang up."""
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _open(self) -> smtplib.SMTP:
        if self._line is not None:
            return self._line
        to, safe = self.server, ssl.create_default_context()
        name = to.sender.rpartition("@")[2]  # what we say we are; this machine's own name stays here
        line: smtplib.SMTP
        if to.tls == "smtps":
            line = smtplib.SMTP_SSL(to.host, to.port, name, timeout=to.patience, context=safe)
        else:
            line = smtplib.SMTP(to.host, to.port, name, timeout=to.patience)
        try:
            line.ehlo_or_helo_if_needed()
            if to.tls == "smtp":
                line.starttls(context=safe)  # refused where the server has none: no password goes out in the clear
                line.ehlo()
            if to.user:
                line.login(to.user, to.password)
        except BaseException:
            line.close()
            raise
        self._line = line
        return line

    def send(self, to: str, message: EmailMessage) -> Result:
        """Hand one e-mail over. What the server did not take whole was not sent; after that only its answer tells."""
        body = re.sub(rb"(?m)^\.", b"..", message.as_bytes(policy=WIRE))
        fresh = self._line is None
        try:
            line = self._open()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            # A wrong password is a fault of this site, not of the e-mail: that waits until it is mended.
            denied = isinstance(error, smtplib.SMTPAuthenticationError)
            return Result("retry", "denied" if denied else "unreachable", getattr(error, "smtp_code", None), down=True)
        try:
            code, _ = line.mail(self.server.sender)
            if code == 250:
                code, _ = line.rcpt(to)
            if code in (250, 251):
                code, _ = line.docmd("DATA")
        except (OSError, smtplib.SMTPException):
            self.close()
            if not fresh:
                return self.send(to, message)  # the server had hung up since the last one
            return Result("retry", "lost", down=True)
        if code != 354:
            return self._refused(code)
        try:
            line.send(body.removesuffix(b"\r\n") + b"\r\n.\r\n")
            code, _ = line.getreply()
        except (OSError, smtplib.SMTPException):
            self.close()
            return Result("uncertain", "no_reply")
        return SENT if 200 <= code < 300 else self._refused(code)

    def _refused(self, code: int) -> Result:
        try:
            if self._line is not None:
                self._line.rset()
        except (OSError, smtplib.SMTPException):
            self.close()
        if 400 <= code < 500:
            return Result("retry", "later", code, down=code == 421)
        if 500 <= code < 600:
            return Result("failed", "refused", code)
        self.close()
        return Result("retry", "lost", code, down=True)
