"""Chromium, for what is measured or pictured in a browser."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

FLAGS = ("--no-sandbox", "--disable-gpu")


def found() -> str | None:
    """Where Chromium is: the system's, or the one to which ENERGY_MONITOR_CHROMIUM points."""
    return os.environ.get("ENERGY_MONITOR_CHROMIUM") or shutil.which("chromium")


@contextmanager
def browser(path: str | None = None, *flags: str) -> Iterator[Any]:
    """Chromium by playwright, at a path or where it is found; closed at the end."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path or found(), args=[*FLAGS, *flags])
        try:
            yield chromium
        finally:
            chromium.close()
