"""deploy/install and what it writes, as far as a machine without systemd allows."""

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from energy_monitor.secrets_file import named_secrets
from energy_monitor.server import server_at
from tests.conftest import REPOSITORY

DEPLOY = REPOSITORY / "deploy"
STACK = {
    "region": "eu-west-2",
    "release": "1",
    "lake": "s3://lake",
    "workspace": "live",
    "domain": "grid.example",
    "alarm_email": "a@grid.example",
    "database": {"host": "db.example", "port": 5432, "admin": "energy_monitor_admin"},
    "secrets": {"admin": "arn:aws:1", "owner": "arn:aws:2", "dagster": "arn:aws:3"},
}


@pytest.mark.parametrize("script", ["install", "energy-monitor"])
def test_scripts_are_well_formed(script: str) -> None:
    shell = "bash" if script == "install" else "sh"
    assert subprocess.run([shell, "-n", str(DEPLOY / script)], capture_output=True, text=True).stderr == ""
    assert (DEPLOY / script).stat().st_mode & 0o111


def test_install_names_only_files_that_there_are() -> None:
    text = (DEPLOY / "install").read_text()
    for name in ("tls", "headers", "limits", "proxy", "energy-monitor"):
        assert (DEPLOY / "nginx" / f"{name}.conf").is_file()
    for word in {word.strip('"') for word in text.split() if "$here" in word and "*" not in word and "{" not in word}:
        place = word.replace('"', "").replace("$here/", "")
        if place and "$" not in place and not place.startswith(".venv"):
            assert (REPOSITORY / place).exists(), place


@pytest.mark.parametrize(
    ("words", "sentence"),
    [([], "write --domain NAME"), (["--x"], "unknown word --x"), (["--domain", "x"], "put it below")],
)
def test_install_refuses_what_it_cannot_do(words: list[str], sentence: str, tmp_path: Path) -> None:
    script = tmp_path / "deploy" / "install"  # a copy, which lies where it never installs anything
    script.parent.mkdir()
    shutil.copy(DEPLOY / "install", script)
    done = subprocess.run([str(script), *words], capture_output=True, text=True)
    assert done.returncode == 2
    assert sentence in done.stderr or "run it as root" in done.stderr


def test_the_stack_tells_an_instance_everything_and_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "stack.json"
    file.write_text(json.dumps(STACK))
    done = subprocess.run(
        [sys.executable, str(DEPLOY / "stack_env.py"), str(file)], capture_output=True, text=True, check=True
    )
    # read as a shell does, and as systemd does
    told = dict(shlex.split(line)[0].split("=", 1) for line in done.stdout.splitlines())
    assert named_secrets(told["ENERGY_MONITOR_SECRETS"]) == STACK["secrets"]
    monkeypatch.setattr(Path, "is_file", lambda _: True)  # of the authority's certificates
    server = server_at(told["ENERGY_MONITOR_DATABASE_URL"], "password of the admin")
    assert (server.host, server.sslmode, server.password) == ("db.example", "verify-full", "password of the admin")
    assert "password" not in done.stdout.lower().replace("energy_monitor_passwords", "").replace("passwords.json", "")
