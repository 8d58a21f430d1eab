"""`python -m tests.drill`: the full size, or any other. Exit code 1 where something was lost or invented."""

import argparse
import dataclasses
import json
import os
import sys
import tempfile
from pathlib import Path

from tests.drill.run import drill
from tests.drill.size import FULL, Size


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.drill", description="The fault drill: see docs/drill.md.")
    parser.add_argument("--small", action="store_true", help="begin from the size of `make test`")
    parser.add_argument("--days", type=float, help="simulated days with faults")
    parser.add_argument("--ticks-per-day", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--until-requests", type=int, help="go on until the ill side made so many")
    parser.add_argument("--share", type=float, help="of the requests, for each kind of fault")
    parser.add_argument("--report", type=Path, help="a file for the report as JSON")
    parser.add_argument("--keep", type=Path, help="a new folder for all state, that stays; else a temporary one")
    given = vars(parser.parse_args())
    small, report_file, keep = (given.pop(name) for name in ("small", "report", "keep"))
    size = dataclasses.replace(Size() if small else FULL, **{k: v for k, v in given.items() if v is not None})
    for name in [name for name in os.environ if name.startswith(("ENERGY_MONITOR_", "PG"))]:
        if name != "ENERGY_MONITOR_PG_BIN":
            del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="energy-monitor-drill-") as folder:
        report = drill(size, keep or Path(folder))
    print("\n".join(report.lines()))
    if report_file:
        report_file.write_text(json.dumps(report.as_json(), indent=1, default=str) + "\n")
    return 0 if report.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
