"""The sensor that tells people: one message when a problem begins, and one when it is over.

To whom: ENERGY_MONITOR_NOTIFY, one or more addresses of Apprise (https://github.com/caronc/apprise/wiki) with spaces
between them: mail, Slack, Teams, Telegram, ntfy, PagerDuty and a hundred more.
"""

import json
import os
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from typing import Any

import dagster as dg

from energy_monitor.clock import machine_seconds, now_utc, tie
from energy_monitor.database import prepare
from energy_monitor.errors import UserError
from energy_monitor.workspace import Workspace
from orchestration.freshness import DataClock
from orchestration.ledger import Ledger, Message, as_json, from_json, look
from orchestration.problems import problems
from orchestration.runs import repeated_failures

VARIABLE = "ENERGY_MONITOR_NOTIFY"
MOST_WAITING = 100  # messages for a target that does not take them

Waiting = list[dict[str, Any]]


def tell_sensor(workspace_name: str, clocks: Sequence[DataClock]) -> dg.SensorDefinition:
    """Looks at what is wrong every minute; the ledger, and what could not be delivered yet, are in its cursor."""

    @dg.sensor(
        name="tell",
        description=f"Tells those whom {VARIABLE} names when a problem begins and when it is over.",
        minimum_interval_seconds=machine_seconds(60),
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def tell(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        kept = json.loads(context.cursor or "{}")
        now, ledger = now_utc(), from_json(kept.get("ledger", {}))
        workspace = Workspace(workspace_name)
        prepare(workspace)
        with closing(workspace.connect("auditor")) as auditor, closing(workspace.connect("reader")) as reader:
            found = problems(auditor, reader, clocks, repeated_failures(context.instance), ledger, now)
        ledger, messages = look(ledger, found, now, grace())
        for message in messages:
            context.log.warning(f"{message.title}. {message.text}")
        waiting = deliver([*kept.get("waiting", []), *_addressed(workspace_name, messages)])
        cursor = json.dumps({"ledger": as_json(ledger), "waiting": waiting[-MOST_WAITING:]})
        return dg.SensorResult(skip_reason=_summary(ledger, waiting), cursor=cursor)

    return tell


def grace() -> timedelta:
    """How long something has to be wrong before it is told: most of what goes wrong heals.

    Where a simulated clock goes fast, healing takes its time all the same.
    """
    found = tie()
    return max(timedelta(minutes=5), timedelta(seconds=30) * (found[2] if found else 1))


def _targets() -> dict[str, str]:
    """The addresses by a name that tells nothing of them: they hold passwords, and the cursor is no place for these."""
    return {sha256(url.encode()).hexdigest()[:12]: url for url in os.environ.get(VARIABLE, "").split()}


def _addressed(workspace_name: str, messages: Sequence[Message]) -> Waiting:
    return [
        {"to": to, "title": f"Energy Monitor ({workspace_name}): {m.title}", "text": m.text, "is_over": m.is_over}
        for m in messages
        for to in _targets()
    ]


def deliver(waiting: Waiting) -> Waiting:
    """Sends messages, oldest first; returns those that a target did not take. Raises UserError for a bad address.

    A target that is no longer named gets nothing, and one that fails holds no other up.
    """
    if not waiting:
        return []
    from apprise import Apprise, NotifyFormat, NotifyType

    left: Waiting = []
    targets = _targets()
    for message in waiting:
        if message["to"] not in targets:
            continue
        sender = Apprise()
        if not sender.add(targets[message["to"]]):
            number = list(targets).index(message["to"]) + 1
            raise UserError(f"{VARIABLE}: address {number} of {len(targets)} is none that Apprise knows")
        kind = NotifyType.SUCCESS if message["is_over"] else NotifyType.WARNING
        # plain text: a source's words are shown as they are, and nothing in them is acted upon
        is_sent = sender.notify(
            title=message["title"],
            body=message["text"],
            notify_type=kind,
            body_format=NotifyFormat.TEXT,
            interpret_escapes=False,
        )
        left += [] if is_sent else [message]
    return left


def _summary(ledger: Ledger, waiting: Waiting) -> str:
    told = [entry.problem.title for entry in ledger.values() if entry.is_told]
    parts = [f"{len(told)} problems: {'; '.join(told)}" if told else "nothing is wrong"]
    parts += [f"{len(waiting)} messages could not be delivered yet"] if waiting else []
    parts += [] if _targets() else [f"nobody is told, as {VARIABLE} is not set"]
    return "; ".join(parts)
