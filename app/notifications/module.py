"""The manifest of messages."""

from __future__ import annotations

from app.core.module import Module
from app.notifications import group_views as _groups  # noqa: F401 - its routes hang on the blueprint
from app.notifications import mail_views as _mail  # noqa: F401 - likewise
from app.notifications.digest import enqueue_due
from app.notifications.personal import KEEPS, PERSONAL
from app.notifications.sender import send_due
from app.notifications.views import notifications as blueprint

notifications = Module(
    name="notifications",
    blueprints=(blueprint,),
    tick=(enqueue_due,),
    outside=(send_due,),
    unkept=frozenset(
        {
            "notifications.inbox",
            "notifications.my_mail",
            "notifications.deliveries",
            "notifications.group_list",
            "notifications.confirm_mail",
            "notifications.stop_mail",
        }
    ),
    personal=PERSONAL,
    keeps=KEEPS,
)
