"""The manifest of messages."""

from __future__ import annotations

from app.core.module import Module
from app.notifications.views import notifications as blueprint

notifications = Module(name="notifications", blueprints=(blueprint,))
