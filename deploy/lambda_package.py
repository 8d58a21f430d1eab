"""The package of the Lambdas: `ingestion` and what it imports, as a zip whose bytes depend on its content alone.

    python -m deploy.lambda_package [--arch arm64] [--python 3.13] [--ca rds-ca.pem] [--output FILE]

boto3 is not in it: the runtime has its own. What is pinned is what requirements.txt pins. The wheels are chosen for the
function's system and Python, whatever those of this machine are.
"""

import argparse
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PYTHON = "3.13"  # of the runtime; the template's Runtime and the wheels follow it
RUNTIME = f"python{PYTHON}"
ARCHITECTURE = "arm64"
# Amazon Linux 2023, which the runtimes of Python 3.12 and later are made of, has glibc 2.34. psycopg2-binary has no
# older wheels for arm64.
PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
NEEDED = ("aws-lambda-powertools", "psycopg2-binary", "requests", "tzdata")  # what `ingestion` imports; not boto3
OWN = ("ingestion",)
CA = "rds-ca.pem"  # in a function, /var/task/rds-ca.pem
# What tells how and where something was installed, or is made again from the rest.
LEFT_OUT_FILES = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_build.json", "uv_cache.json", ".lock"}
LEFT_OUT_FOLDERS = {"__pycache__", "bin"}
MOST_BYTES = 10_000_000
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first time that a zip can tell
UNIX = 3


class PackageError(RuntimeError):
    """The package cannot be made; the sentence says why."""


def main() -> None:
    """Makes the zip, and prints where it is, its size and its hash."""
    parser = argparse.ArgumentParser(description="Make the package of the Lambdas.")
    parser.add_argument("--arch", choices=PLATFORMS, default=ARCHITECTURE)
    parser.add_argument("--python", default=PYTHON, help=f"of the runtime, by default {PYTHON}")
    parser.add_argument("--ca", type=Path, help=f"certificates that the database's is verified with, put in as {CA}")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    output = given.output or REPOSITORY / "dist" / f"energy-monitor-lambda-{given.arch}.zip"
    try:
        size = build(output, given.arch, given.python, given.ca)
    except PackageError as error:
        sys.exit(f"lambda_package: {error}")
    print(f"{output}: {size / 1e6:.2f} MB, sha256 {sha256(output.read_bytes()).hexdigest()}")


def build(output: Path, architecture: str = ARCHITECTURE, python: str = PYTHON, ca: Path | None = None) -> int:
    """Writes the zip and gives its bytes. Raises PackageError where a wheel is missing or the zip is too large."""
    try:
        certificates = ca.read_bytes() if ca else None
    except OSError as error:
        raise PackageError(f"cannot read the certificates in {ca}: {error.strerror}") from error
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        staged, new = Path(folder) / "package", Path(folder) / "new.zip"
        _install(staged, architecture, python)
        for package in OWN:
            shutil.copytree(REPOSITORY / package, staged / package)
        if certificates is not None:
            (staged / CA).write_bytes(certificates)
        _write_zip(new, staged)
        if new.stat().st_size > MOST_BYTES:
            raise PackageError(f"the zip has {new.stat().st_size:,} bytes, and {MOST_BYTES:,} are the most")
        shutil.move(new, output)
    return output.stat().st_size


def _install(folder: Path, architecture: str, python: str) -> None:
    """Puts the wheels for another machine into a folder, each in the version of requirements.txt."""
    beside = Path(sys.executable).parent / "uv"
    command = [str(beside) if beside.exists() else "uv", "pip", "install", "--quiet", "--target", str(folder)]
    command += ["--python-platform", PLATFORMS[architecture], "--python-version", python, "--only-binary", ":all:"]
    command += ["--no-compile-bytecode", "--constraint", str(REPOSITORY / "requirements.txt"), *NEEDED]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise PackageError("there is no uv here: run make install") from error
    if done.returncode:
        raise PackageError(f"no packages for Python {python} on {PLATFORMS[architecture]}: {done.stderr.strip()}")


def members(folder: Path) -> Iterator[tuple[str, Path]]:
    """What of a folder goes into the zip: names and files, sorted by name."""
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        place = path.relative_to(folder)
        if path.is_file() and not LEFT_OUT_FOLDERS & set(place.parts[:-1]) and path.name not in LEFT_OUT_FILES:
            yield place.as_posix(), path


def _write_zip(output: Path, folder: Path) -> None:
    with zipfile.ZipFile(output, "w") as archive:
        for name, path in members(folder):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = UNIX
            is_library = name.endswith(".so") or ".so." in name
            entry.external_attr = (stat.S_IFREG | (0o755 if is_library else 0o644)) << 16
            archive.writestr(entry, path.read_bytes(), compresslevel=9)


if __name__ == "__main__":
    main()
