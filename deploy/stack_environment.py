"""What the services on AWS are told by their environment, made of what the stack told the instance.

    python3 deploy/stack_environment.py /etc/energy-monitor/stack.json /etc/energy-monitor/env

It runs before anything is installed, so it imports nothing of ours. No secret is in it: only where they are.
"""

import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CERTIFICATES = "/etc/energy-monitor/database-ca.pem"  # of RDS, which its certificate is held against


def variables(stack: Mapping[str, Any]) -> dict[str, str]:
    """The environment of a stack. Raises KeyError for what it lacks."""
    database = stack["database"]
    place = f"{database['admin']}@{database['host']}:{database['port']}/postgres"
    return {
        "AWS_DEFAULT_REGION": stack["region"],
        "ENERGY_MONITOR_WORKSPACE": stack["workspace"],
        "ENERGY_MONITOR_LAKE": stack["lake"],
        "ENERGY_MONITOR_DATABASE_URL": f"postgresql://{place}?sslmode=verify-full&sslrootcert={CERTIFICATES}",
        "ENERGY_MONITOR_SECRETS": " ".join(f"{role}={secret}" for role, secret in stack["secrets"].items()),
        "ENERGY_MONITOR_INGESTER": "lambda",
        "ENERGY_MONITOR_DOMAIN": stack["domain"],
    }


def text(stack: Mapping[str, Any]) -> str:
    """As systemd's EnvironmentFile= and a shell read it."""
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables(stack).items())


if __name__ == "__main__":
    told, written = map(Path, sys.argv[1:])
    written.write_text(text(json.loads(told.read_text())))
