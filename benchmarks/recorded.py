"""Where the recorded bodies and histories are."""

import os
from pathlib import Path


def recorded_folder() -> Path:
    """Where ENERGY_MONITOR_RECORDED points, else ../shared/recorded beside this repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "recorded"
    return Path(os.environ.get("ENERGY_MONITOR_RECORDED") or beside)
