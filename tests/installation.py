"""The settings of an installation at which everything in the tests' town can be asked, for scripts that build it."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_migrate import upgrade

from app.config import Config, MailServer
from app.core.clock import FixedClock
from app.factory import create_app


def installed(
    url: str, folder: Path, clock: FixedClock, secret: str = "of this run alone", *, testing: bool = True
) -> Flask:
    """The application on an empty database, migrated; its mail goes nowhere."""
    config = Config(
        database_url=url,
        media_dir=folder / "media",
        secret=secret,
        environment="test",
        testing=testing,
        base_url="http://localhost",
        mail=MailServer("127.0.0.1", 1, "smtp+plain", "qiding@example.org"),
        webhook_hosts=("robot.example.org",),
    )
    app = create_app(config, clock)
    with app.app_context():
        upgrade()
    return app
