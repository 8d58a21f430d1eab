"""Landing: every attempt and every body goes into the lake before anything looks inside.

    landing/<source>/<dataset>/date=<UTC day of fetch>/<fetched_at>-<sha256 of the body:12>.json.gz
    landing/<source>/<dataset>/date=<UTC day of fetch>/<fetched_at>-<sha256 of request and outcome:12>.attempt.json

The body is written first: an attempt record that names a body is proof that the body is there.
"""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from ingestion.dataset import Dataset
from ingestion.lake import Lake, LostObject

ATTEMPT = ".attempt.json"
SIMULATED_HEADER = "x-energy-monitor-simulated"  # a simulator's mark: the time of its clock
KIND_KEY = "kind.txt"
STAMP = "%Y%m%dT%H%M%S.%fZ"  # of fixed width, so that keys sort by time


@dataclass(frozen=True)
class Answer:
    """What came back from one request: a status and a body, or an error in words where nothing came."""

    request: str  # path and query
    fetched_at: datetime
    status: int | None
    body: bytes | None
    error: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """`simulated` or `real`; an answer that never came is of neither kind."""
        if not self.headers and self.body is None:
            return "none"
        return "simulated" if SIMULATED_HEADER in self.headers else "real"


class KindError(RuntimeError):
    """A simulated answer was about to be landed among real ones, or a real one among simulated ones."""


@dataclass(frozen=True)
class Attempt:
    """The record of one request, as it lies in the lake."""

    key: str
    source: str
    dataset: str
    request: str
    fetched_at: datetime
    status: int | None
    error: str | None
    body_key: str | None
    headers: Mapping[str, str]

    @property
    def is_simulated(self) -> bool | None:
        """Whether a simulator gave the answer; None where no answer came."""
        return SIMULATED_HEADER in self.headers if self.headers or self.body_key else None


def claim(lake: Lake, kind: str) -> None:
    """Says, once and for all, whether a lake is for simulated or for real answers.

    Raises KindError where it is for the other kind.
    """
    if lake.kind is None:
        lake.put(KIND_KEY, kind.encode())
        lake.kind = lake.get(KIND_KEY).decode()
    if lake.kind != kind:
        raise KindError(
            f"the lake at {lake.uri} is for {lake.kind} answers and this one is {kind}: it was not landed. "
            "Use another workspace, or correct the sources' base URLs"
        )


def land(lake: Lake, dataset: Dataset, answer: Answer) -> Attempt:
    """Writes an answer into the lake, once; landing the same answer again changes nothing.

    Raises KindError, and lands nothing, where a simulated answer would come among real ones, or the other way round.
    """
    if answer.kind != "none":
        claim(lake, answer.kind)
    if answer.fetched_at.tzinfo is None:
        raise ValueError(f"fetched_at {answer.fetched_at} of {answer.request} has no time zone")
    fetched_at = answer.fetched_at.astimezone(UTC)
    stem = f"landing/{dataset.source}/{dataset.id}/date={fetched_at:%Y-%m-%d}/{fetched_at.strftime(STAMP)}-"
    body_key = None
    if answer.body is not None:
        body_key = f"{stem}{sha256(answer.body).hexdigest()[:12]}.json.gz"
        # the same bytes for the same body; level 9 takes three times as long and spares a twentieth
        lake.put(body_key, gzip.compress(answer.body, compresslevel=6, mtime=0))
    outcome = f"{answer.request}\n{answer.status}\n{body_key}\n{answer.error}"
    attempt = Attempt(
        key=f"{stem}{sha256(outcome.encode()).hexdigest()[:12]}{ATTEMPT}",
        source=dataset.source,
        dataset=dataset.id,
        request=answer.request,
        fetched_at=fetched_at,
        status=answer.status,
        error=answer.error,
        body_key=body_key,
        headers=answer.headers,
    )
    lake.put(attempt.key, _record(attempt))
    return attempt


def _record(attempt: Attempt) -> bytes:
    record = {
        "format": 1,
        "source": attempt.source,
        "dataset": attempt.dataset,
        "request": attempt.request,
        "fetched_at": attempt.fetched_at.isoformat(),
        "status": attempt.status,
        "error": attempt.error,
        "body_key": attempt.body_key,
        "headers": dict(attempt.headers),
    }
    return json.dumps(record, indent=1, ensure_ascii=False).encode() + b"\n"


def read_attempt(lake: Lake, key: str) -> Attempt:
    """One attempt record. Raises LostObject where it is not one of ours."""
    try:
        record = json.loads(lake.get(key))
        if record.pop("format") != 1:
            raise ValueError("its format is not 1")
        return Attempt(key=key, **record | {"fetched_at": datetime.fromisoformat(record["fetched_at"])})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LostObject(f"{key} in the lake at {lake.uri} is no attempt record: {error}") from error


def read_body(lake: Lake, body_key: str) -> bytes:
    """A landed body, byte for byte as it came."""
    try:
        return gzip.decompress(lake.get(body_key))
    except (OSError, EOFError, zlib.error) as error:
        raise LostObject(f"{body_key} in the lake at {lake.uri} is damaged: {error}") from error


def attempt_keys(lake: Lake, dataset: Dataset | None = None, since: datetime | None = None) -> Iterator[str]:
    """The keys of attempt records by the time of fetch; of one dataset, and from one UTC day on, where asked."""
    prefix = f"landing/{dataset.source}/{dataset.id}/" if dataset else "landing/"
    # of one dataset, keys sort by day: the years before are not even listed
    after = f"{prefix}date={since:%Y-%m-%d}" if dataset and since else ""
    keys = [key for key in lake.keys(prefix, after) if key.endswith(ATTEMPT)]
    if since is not None:
        keys = [key for key in keys if key.split("/")[3] >= f"date={since:%Y-%m-%d}"]
    yield from sorted(keys, key=lambda key: key.rpartition("/")[2])
