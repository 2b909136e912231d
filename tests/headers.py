"""What every answer carries, whatever it is: asked of each row of the table of permissions."""

from __future__ import annotations

from flask import Flask
from werkzeug.test import TestResponse

WANTED = {
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("DENY",),
    "X-Permitted-Cross-Domain-Policies": ("none",),
    "Referrer-Policy": ("same-origin", "no-referrer"),
    "Cross-Origin-Opener-Policy": ("same-origin",),
    "Cross-Origin-Resource-Policy": ("same-origin",),
}
POLICY = ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'")
# What an office program or a viewer opens is saved under a name of ours, and never shown as a page of this site.
FILES = ("application/pdf", "application/zip", "text/csv", "text/calendar", "application/vnd.openxmlformats")


def faults(app: Flask, endpoint: str, response: TestResponse) -> list[str]:
    """What is wrong with the headers of an answer."""
    headers, policy = response.headers, response.headers.get("Content-Security-Policy", "")
    found = [f"{name}: {headers.get(name)}" for name, values in WANTED.items() if headers.get(name) not in values]
    found += [f"the policy lacks {part}" for part in POLICY if part not in policy]
    if "unsafe" in policy or "*" in policy or "http" in policy:
        found.append(f"the policy is {policy}")
    if not all(
        f"{what}=()" in headers.get("Permissions-Policy", "") for what in ("camera", "microphone", "geolocation")
    ):
        found.append("the policy of permissions")
    for name in ("Server", "X-Powered-By"):
        if name in headers:
            found.append(name)
    if endpoint in app.extensions["qiding.unkept"] and headers.get("Cache-Control") != "no-store":
        found.append(f"a personal answer may be kept: {headers.get('Cache-Control')}")
    is_file = response.status_code == 200 and response.mimetype.startswith(FILES)
    if is_file and "filename" not in headers.get("Content-Disposition", ""):
        found.append("a file without a name")
    cookies = headers.getlist("Set-Cookie")
    found += [f"a cookie that scripts can read: {cookie[:20]}" for cookie in cookies if "HttpOnly" not in cookie]
    found += [f"a cookie for other sites: {cookie[:20]}" for cookie in cookies if "SameSite=Lax" not in cookie]
    return found
