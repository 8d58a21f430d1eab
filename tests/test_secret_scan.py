"""`make secrets` finds what must never be committed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

SCAN = Path(sys.executable).with_name("detect-secrets-hook")
# put together here, so that this file holds none
PLANTED = {
    "a key of AWS": "aws = '" + "AKIA" + "Q3EGRIZNXCTPV5OM" + "'",
    "a private key": "-----BEGIN " + "EC PRIVATE KEY-----",
    "a token": "token: " + "ghp_" + "Xk3pQ9".swapcase() * 6,
}
OUTSIDE_TESTS = {
    "a password": "password = '" + "correct-horse-battery-staple" + "'",
    "a password in an address": "url = 'postgresql://reader:" + "s3cr3tPart" + "@db.example/x'",
}


def scanned(text: str, folder: Path, name: str) -> int:
    """The exit code of make's own command for a file with a line."""
    makefile = (REPOSITORY / "Makefile").read_text()
    options = dict(re.findall(r"^(NO_SECRETS\w*) = (.*)$", makefile.replace("\\\n", ""), re.M))
    words = options[name].replace("$(NO_SECRETS)", options["NO_SECRETS"])
    file = folder / "planted.py"
    file.write_text(f"{text}\n")
    return subprocess.run(f'"{SCAN}" {words} "{file}"', shell=True, capture_output=True, cwd=folder).returncode


@pytest.mark.parametrize("what", PLANTED | OUTSIDE_TESTS)
def test_a_planted_secret_is_found(what: str, tmp_path: Path) -> None:
    assert scanned((PLANTED | OUTSIDE_TESTS)[what], tmp_path, "NO_SECRETS") == 1
    if what in PLANTED:
        assert scanned(PLANTED[what], tmp_path, "NO_SECRETS_IN_TESTS") == 1


def test_what_is_no_secret_is_no_finding(tmp_path: Path) -> None:
    assert scanned("password = os.environ['PGPASSWORD']", tmp_path, "NO_SECRETS") == 0
