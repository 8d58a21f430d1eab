"""Nothing lost: what the simulator served, what lies in the lake, and what the database knows of it, held together."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from energy_monitor.workspace import Workspace
from ingestion.sources import SOURCES
from simulator.fault_plan import KINDS
from tests.drill.lake import LakeReader, Landed
from tests.marts import rows_of

SILENT = ("time_out",)  # no body arrives
UNANSWERED = ("http_429", "http_500", "http_503", "reset_in_mid_body")
NEVER_LOADED = ("truncated_json", "html_with_200", "empty_object", "missing_key_field")  # whatever the dataset
PREFIXES = tuple(source.base_url.partition("://")[2].partition("/")[2] for source in SOURCES.values())

# What was sent: by request and hash, when and with which fault.
Sent = dict[tuple[str, str], list[tuple[datetime, str | None]]]


@dataclass
class Accounts:
    """What was counted, and what is wrong. Everything in `lost`, `unserved` and `wrongly_failed` is a failure."""

    kinds: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    totals: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)  # landed, and neither loaded nor recorded as failed
    unserved: list[str] = field(default_factory=list)  # in the lake, and not what the simulator sent
    wrongly_failed: list[str] = field(default_factory=list)  # failed, and no fault was in it
    wrongly_loaded: list[str] = field(default_factory=list)  # loaded, though it was no answer
    kind_of: dict[str, str | None] = field(default_factory=dict)  # by attempt: the fault that was in it
    change_of: dict[str, Any] = field(default_factory=dict)  # by attempt: what the fault changed
    orphans: list[str] = field(default_factory=list)  # bodies whose record a kill or a lost lake prevented


def account(
    lake: LakeReader, workspace: Workspace, served: Iterable[dict[str, Any]], injected: Iterable[dict[str, Any]]
) -> Accounts:
    """Holds a lake against the simulator's logs and the database's records."""
    found = Accounts()
    sent = list(served)
    kind_of: Sent = defaultdict(list)
    cut: dict[str, list[bytes]] = defaultdict(list)
    for entry in sent:
        request = _as_asked(entry["request"])
        found.totals["requests"] += 1
        if entry["kind"]:
            found.kinds[entry["kind"]]["met"] += 1
        if entry.get("sha256"):
            kind_of[request, entry["sha256"]].append((datetime.fromisoformat(entry["at_utc"]), entry["kind"]))
        if "sent" in entry:
            cut[request].append(entry["sent"].encode("latin-1"))
    statuses: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for key, status, error in rows_of(workspace, "select attempt_key, status, error from raw.loads order by load_id"):
        statuses[key].append((status, error))
    for attempt in lake.attempts.values():
        found.totals["attempts in the lake"] += 1
        _one(found, attempt, lake, kind_of, cut, statuses.get(attempt.key, []))
    changes = {(_as_asked(e["request"]), e.get("sha256")): e["changed"] for e in injected}
    for attempt in lake.attempts.values():
        if found.kind_of.get(attempt.key):
            found.change_of[attempt.key] = changes.get((attempt.request, lake.hashes.get(attempt.body_key or "")))
    found.lost += [f"{key} is in raw.loads and not in the lake" for key in statuses.keys() - lake.attempts.keys()]
    found.orphans = sorted(lake.orphans())
    found.totals["retries"] = sum(entry["kind"] in (*UNANSWERED, *SILENT) for entry in sent)
    for kind in KINDS:
        found.kinds[kind].setdefault("met", 0)
    return found


def _one(
    found: Accounts,
    attempt: Landed,
    lake: LakeReader,
    kind_of: Sent,
    cut: dict[str, list[bytes]],
    records: list[tuple[str, str | None]],
) -> None:
    """One attempt of the lake."""
    kind: str | None = "time_out" if attempt.body_key is None and attempt.status is None else None
    request = attempt.request
    if attempt.body_key is not None:
        digest = lake.hashes.get(attempt.body_key)
        body_is_cut = attempt.error is not None and attempt.status == 200
        if body_is_cut:
            kind = "reset_in_mid_body"
            if not any(digest in _prefixes(whole) for whole in cut[request]):
                found.unserved.append(f"{attempt.key}: no answer that was cut begins like this")
        elif digest is None or (request, digest) not in kind_of:
            found.unserved.append(f"{attempt.key}: {request} was never answered with these bytes")
        else:
            # the same bytes may have been sent as they should be, and again when they were old
            kind = min(kind_of[request, digest], key=lambda at_kind: abs(at_kind[0] - attempt.fetched_at))[1]
    now = {status for status, _ in records}
    is_whole = attempt.status == 200 and attempt.error is None
    status = "loaded" if "loaded" in now else "failed" if "failed" in now else "unanswered" if now else "lost"
    found.totals[f"attempts {status}"] += 1
    found.kind_of[attempt.key] = kind
    if kind:
        found.kinds[kind]["landed"] += 1
        found.kinds[kind][status] += 1
    if status == "lost" or (is_whole and status == "unanswered"):
        found.lost.append(f"{attempt.key} ({attempt.request}, status {attempt.status}) has no record of a load")
    if status == "unanswered" and kind is None:
        found.wrongly_failed.append(f"{attempt.key} ({attempt.request}): {attempt.status} {attempt.error}")
    if status == "failed":
        reason = next(error for one, error in records if one == "failed")
        if not reason or kind is None:
            found.wrongly_failed.append(f"{attempt.key} ({attempt.request}): {reason}")
    if status == "loaded" and (not is_whole or kind in NEVER_LOADED):
        found.wrongly_loaded.append(f"{attempt.key} ({attempt.request}): {kind}")


def _as_asked(request: str) -> str:
    """A request as the ingester writes it: without the path of its source's base URL."""
    path = request.lstrip("/")
    return next((path.removeprefix(p) for p in PREFIXES if p and path.startswith(f"{p}/")), request)


def _prefixes(whole: bytes) -> set[str]:
    return {sha256(whole[:length]).hexdigest() for length in range(len(whole) + 1)}
