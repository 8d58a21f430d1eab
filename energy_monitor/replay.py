"""Replaying recorded answers: from a folder with a MANIFEST.json, or from a lake, in the order of their fetch."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection

from energy_monitor.errors import UserError
from energy_monitor.workspace import Workspace
from ingestion.catalogue import KEPT, dataset_of
from ingestion.dataset import Dataset
from ingestion.failed import failed_bodies
from ingestion.ingest import ingest, load_landed
from ingestion.lake import Lake, open_lake
from ingestion.landing import Answer, attempt_keys, read_attempt, read_body
from ingestion.loading import Loaded


@dataclass(frozen=True)
class Recorded:
    """One recorded answer. `dataset` is None where the catalogue does not know it; then it is left alone."""

    label: str
    dataset: Dataset | None
    replay: Callable[[Lake, Connection], Loaded]


def recorded_answers(path: str, own_lake: Lake) -> list[Recorded]:
    """The answers recorded at a path, oldest fetch first. Raises UserError where there are none to be found."""
    if path.startswith("s3://"):
        return list(_from_lake(open_lake(path), own_lake))
    folder = Path(path).expanduser()
    if (folder / "MANIFEST.json").is_file():
        return _from_manifest(folder)
    if (folder / "landing").is_dir():
        return list(_from_lake(open_lake(str(folder)), own_lake))
    if not folder.is_dir():
        raise UserError(f"{path} is no folder; give one with a MANIFEST.json, a lake's folder, or s3://bucket/prefix")
    raise UserError(f"{folder} holds neither a MANIFEST.json nor a lake's folder `landing`")


def _from_manifest(folder: Path) -> list[Recorded]:
    manifest = folder / "MANIFEST.json"
    try:
        entries = json.loads(manifest.read_text())
        if not isinstance(entries, list):
            raise TypeError(f"it is {type(entries).__name__}")
        timed = [(datetime.fromisoformat(entry["fetched_at"]), _manifest_entry(folder, entry)) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{manifest} is no list of entries with file, source, request and fetched_at: {error!r}"
        ) from error
    if naive := [recorded.label for fetched_at, recorded in timed if fetched_at.tzinfo is None]:
        raise UserError(f"{manifest}: fetched_at of {naive[0]} has no time zone; write 2024-08-14T08:03:47Z")
    return [recorded for _, recorded in sorted(timed, key=lambda pair: pair[0])]


def _manifest_entry(folder: Path, entry: dict[str, Any]) -> Recorded:
    request = entry["request"]
    fetched_at = datetime.fromisoformat(entry["fetched_at"])
    file = entry["file"]
    # files are named from the manifest's folder, or from the folder above it
    place = next((p for p in (folder / file, folder.parent / file) if p.is_file()), None)
    dataset = dataset_of(entry["source"], request)

    def fetch(request: str) -> list[Answer]:
        if place is None:
            raise UserError(f"{folder / 'MANIFEST.json'} names {file}, which is not there")
        body = place.read_bytes()
        if place.suffix == ".gz":
            try:
                body = gzip.decompress(body)
            except (OSError, EOFError, zlib.error) as error:
                raise UserError(f"{place} is no whole gzip file: {error}") from error
        return [Answer(request, fetched_at, entry.get("status", 200), body)]

    def replay(lake: Lake, connection: Connection) -> Loaded:
        assert dataset is not None
        return ingest(dataset, request, fetch, lake, connection)

    return Recorded(f"{entry['source']} {request}", dataset, replay)


def _from_lake(lake: Lake, own_lake: Lake) -> Iterator[Recorded]:
    for key in attempt_keys(lake):
        yield _lake_entry(lake, own_lake, key)


def failed_answers(workspace: Workspace) -> list[Recorded]:
    """The bodies of a workspace's own lake that could not be loaded, oldest fetch first."""
    lake, connection = workspace.lake(), workspace.connect("auditor")
    try:
        bodies = [body for dataset in KEPT.values() for body in failed_bodies(connection, dataset)]
    finally:
        connection.close()
    return [_lake_entry(lake, lake, body.attempt_key) for body in sorted(bodies, key=lambda body: body.fetched_at)]


def _lake_entry(lake: Lake, own_lake: Lake, key: str) -> Recorded:
    dataset = KEPT.get(key.split("/")[2])

    def replay(own: Lake, connection: Connection) -> Loaded:
        assert dataset is not None
        attempt = read_attempt(lake, key)
        if lake.uri == own_lake.uri:
            return load_landed(dataset, attempt, own, connection)
        body = read_body(lake, attempt.body_key) if attempt.body_key else None
        answer = Answer(attempt.request, attempt.fetched_at, attempt.status, body, attempt.error, attempt.headers)
        return ingest(dataset, attempt.request, lambda _: [answer], own, connection)

    return Recorded(key, dataset, replay)
