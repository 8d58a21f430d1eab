"""The Lambdas' package: its size, how long its import takes, and the memory that a day of any dataset needs.

    python -m benchmarks.lambdas [--quick]

Runs what tests/test_lambda_package.py measures and holds against the budgets, with AWS's own client, and reads the
figures that it recorded. The zip is made as `make lambda` makes it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from benchmarks.figures import Figure, at_most
from deploy import lambda_package

BUDGET = "Lambda"
LIMITS = {
    "package_mb": ("package, zipped, without boto3", "MB", 10.0),
    "import_s": ("import without boto3, of a processor", "s", 0.4),
    "import_with_boto3_s": ("import with boto3, of a processor", "s", 0.6),
}
PEAK_MB = 90.0
IMPORT = "test_its_import_is_quick"
ANY, LARGEST = "test_a_day_of_any_dataset_needs_little_memory", "test_a_day_of_the_largest_datasets_needs_little_memory"


def run(folder: Path, *, quick: bool = False) -> dict[str, float]:
    """Figures by name; `quick` looks at the memory of the largest datasets alone. Raises RuntimeError."""
    found = {"package_mb": lambda_package.build(folder / "package.zip") / 1e6}
    report = folder / "report.xml"
    tests = f"{IMPORT} or {LARGEST if quick else ANY}"
    # what a test recorded is there also where it found too much of it
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "tests/test_lambda_package.py", "-k", tests),
            *("--junitxml", str(report), "--basetemp", str(folder / "tests"), "-p", "no:cacheprovider"),
        ],
        cwd=lambda_package.REPOSITORY,
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        check=False,
    )
    if report.is_file():
        for recorded in ElementTree.parse(report).iter("property"):
            found[recorded.attrib["name"]] = float(recorded.attrib["value"])
    if not LIMITS.keys() <= found.keys() or not any(name.startswith("peak_mb") for name in found):
        raise RuntimeError("tests/test_lambda_package.py did not measure import and memory: run it to see why")
    return found


def figures(found: dict[str, Any]) -> list[Figure]:
    peaks = {name.removeprefix("peak_mb "): value for name, value in found.items() if name.startswith("peak_mb ")}
    most = max(peaks, key=lambda name: peaks[name])
    return [
        *(at_most(BUDGET, what, found[name], unit, limit) for name, (what, unit, limit) in LIMITS.items()),
        at_most(BUDGET, f"peak for a day of {most}, the most of {len(peaks)} datasets", peaks[most], "MB", PEAK_MB),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true")
    with tempfile.TemporaryDirectory(prefix="energy-monitor-bench-") as folder:
        print(json.dumps(run(Path(folder), quick=parser.parse_args().quick), indent=1))


if __name__ == "__main__":
    main()
