"""Journeys use the browser of tests/browser."""

from tests.browser.conftest import browser_type_launch_args, site

__all__ = ["browser_type_launch_args", "site"]
