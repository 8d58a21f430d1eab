"""Chromium, for what is measured or pictured in a browser."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def browser() -> Iterator[Any]:
    """The system's Chromium, or the one to which ENERGY_MONITOR_CHROMIUM points, by playwright; closed at the end."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("ENERGY_MONITOR_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield chromium
        finally:
            chromium.close()
