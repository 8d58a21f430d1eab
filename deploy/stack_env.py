"""What the services of an instance on AWS are told: /etc/energy-monitor/env, from what the stack says of itself.

    python deploy/stack_env.py /etc/energy-monitor/stack.json

No secret is in it: only which secret is whose.
"""

import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CA = "/etc/energy-monitor/database-ca.pem"


def variables(stack: Mapping[str, Any]) -> dict[str, str]:
    """The settings of a stack. Raises KeyError for what it does not tell."""
    database = stack["database"]
    place = f"{database['admin']}@{database['host']}:{database['port']}/postgres"
    return {
        "AWS_DEFAULT_REGION": stack["region"],
        "ENERGY_MONITOR_WORKSPACE": stack["workspace"],
        "ENERGY_MONITOR_DOMAIN": stack["domain"],
        "ENERGY_MONITOR_LAKE": stack["lake"],
        "ENERGY_MONITOR_INGESTER": "lambda",
        "ENERGY_MONITOR_DATABASE_URL": f"postgresql://{place}?sslmode=verify-full&sslrootcert={CA}",
        "ENERGY_MONITOR_PASSWORDS": "/run/energy-monitor/passwords.json",
        "ENERGY_MONITOR_SECRETS": " ".join(f"{role}={secret}" for role, secret in stack["secrets"].items()),
    }


if __name__ == "__main__":
    told = variables(json.loads(Path(sys.argv[1]).read_text()))
    print("\n".join(f"{name}={shlex.quote(value)}" for name, value in told.items()))
