"""Who gets what from the pages of e-mail, of what was sent, and of the groups that are told."""

from __future__ import annotations

from tests.permission_rows import EVERYBODY, LEADS, LEADS_DO, OFFICE, OFFICE_DOES, SIGNED_IN, form, get, post

ALL_DO = "anonymous: sign in | *: does it"
GROUP = {"name": "紫藤里业主群", "kind": "wecom", "url": "https://robot.example.org/send?key=another"}
OUTBOX = [
    *form("notifications.my_mail", "", SIGNED_IN, ALL_DO, {"address": "li@example.net"}),
    *post("notifications.choose_mail", "", ALL_DO, {"choice": "weekly"}),
    *post("notifications.remove_mail", "", ALL_DO),
    # Links in e-mails: whoever has one may follow it, signed in or not.
    *form("notifications.confirm_mail", "mail_confirm", EVERYBODY, "*: does it"),
    *form("notifications.stop_mail", "mail_stop", EVERYBODY, "*: does it"),
    *get("notifications.deliveries", "community", OFFICE),
    *post("notifications.send_again", "delivery", OFFICE_DOES),
    *form("notifications.group_list", "community", LEADS, LEADS_DO, GROUP),
    *post("notifications.remove_group", "group", LEADS_DO),
]
