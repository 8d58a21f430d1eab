"""The lake: objects under keys, written once and never changed. A folder, or S3, with the same keys.

Keys use `/` and sort by their characters. `put` of a key that exists changes nothing and says so. Beside what landed is
what is published, under `site/` alone: there a newer file takes the place of the one before it. Nothing reads it back.
"""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

PUBLISHED = "site/"


class LakeError(RuntimeError):
    """The lake cannot be read or written; the sentence says where and why."""


class LostObject(LakeError):
    """One object is missing or damaged; the others may be well."""


class Lake(Protocol):
    uri: str
    kind: str | None  # of the answers in it, where that is known already: see ingestion.landing.claim

    def put(self, key: str, data: bytes) -> bool:
        """Writes an object; False, and nothing written, where the key already exists."""

    def publish(self, key: str, data: bytes, content_type: str, cache_control: str) -> None:
        """Writes a file for readers under `site/`, in the place of the one before it. Raises LakeError elsewhere."""

    def get(self, key: str) -> bytes:
        """An object's bytes. Raises LakeError where there is none."""

    def keys(self, prefix: str = "", after: str = "") -> Iterator[str]:
        """All keys that begin with a prefix, in order; where asked only those that come after another."""


def open_lake(uri: str) -> Lake:
    """A lake by its address: `s3://bucket/prefix`, or a folder's path."""
    if uri.startswith("s3://"):
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        if not bucket:
            raise LakeError(f"{uri} names no bucket; write s3://bucket/prefix")
        return S3Lake(bucket, prefix)
    if re.match("[a-z0-9]+:/", uri):  # would be a folder of that name
        raise LakeError(f"{uri} is no lake's address: write s3://bucket/prefix, or a folder's path")
    return FolderLake(Path(uri))


class FolderLake:
    """A lake in a folder. An object appears whole or not at all, also when the power goes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.expanduser().resolve()
        self.uri = str(self.folder)
        self.kind: str | None = None

    def put(self, key: str, data: bytes) -> bool:
        path = self._path(key)
        try:
            with _written_beside(path, ".landing-", data) as temporary:
                os.link(temporary, path)  # unlike a rename, fails where the key exists
        except OSError as error:
            if isinstance(error, FileExistsError) and path.is_file():
                return False
            raise LakeError(f"cannot write {key} into the lake at {self.uri}: {error.strerror}") from error
        return True

    def publish(self, key: str, data: bytes, content_type: str, cache_control: str) -> None:
        """As Lake has it. A folder keeps no headers: whoever serves it says what a file is, and for how long."""
        path = self._path(_published(key))
        try:
            with _written_beside(path, ".publishing-", data) as temporary:
                os.chmod(temporary, 0o644)  # what is published may be read by whoever serves it
                os.replace(temporary, path)
        except OSError as error:
            raise LakeError(f"cannot publish {key} in the lake at {self.uri}: {error.strerror}") from error

    def get(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError as error:
            raise LostObject(f"there is no {key} in the lake at {self.uri}") from error
        except OSError as error:
            raise LakeError(f"cannot read {key} from the lake at {self.uri}: {error.strerror}") from error

    def keys(self, prefix: str = "", after: str = "") -> Iterator[str]:
        # only the deepest folder that the prefix names is walked
        top = self._path(prefix.rpartition("/")[0]) if "/" in prefix else self.folder
        found = (
            path.relative_to(self.folder).as_posix()
            for path in top.rglob("*")
            if not path.name.startswith(".") and path.is_file()
        )
        yield from sorted(key for key in found if key.startswith(prefix) and key > after)

    def _path(self, key: str) -> Path:
        if ".." in Path(key).parts or Path(key).is_absolute():
            raise LakeError(f"{key} is no key: it leads out of the lake")
        return self.folder / key


@contextlib.contextmanager
def _written_beside(path: Path, prefix: str, data: bytes) -> Iterator[str]:
    """A whole file in the folder of another, to be given its name; what is left of it afterwards goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=prefix)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _published(key: str) -> str:
    """The key, where something may be published there: a file below `site/`."""
    if not key.startswith(PUBLISHED) or key.endswith("/") or ".." in key.split("/"):
        raise LakeError(f"{key} is no place to publish at: only {PUBLISHED} holds what is written more than once")
    return key


class S3Lake:
    """A lake in an S3 bucket, at any endpoint that boto3's environment names (AWS_ENDPOINT_URL)."""

    def __init__(self, bucket: str, prefix: str) -> None:
        import boto3  # slow to import, so only where there is a bucket
        from botocore.config import Config

        self.bucket, self.prefix = bucket, prefix.strip("/") + "/" if prefix.strip("/") else ""
        self.uri = f"s3://{bucket}/{self.prefix}".rstrip("/")
        self.kind: str | None = None
        # path-style: buckets of a server on loopback have no host name of their own
        config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 5, "mode": "standard"})
        # an endpoint, a region or a profile that is none
        unusable: tuple[type[Exception], ...] = (ValueError, *self._error())
        try:
            self.client: Any = boto3.client("s3", config=config)
        except unusable as error:
            raise LakeError(f"cannot use the lake at {self.uri}: {error}") from error

    def put(self, key: str, data: bytes) -> bool:
        for last in (False, False, True):
            try:
                self.client.put_object(Bucket=self.bucket, Key=self.prefix + key, Body=data, IfNoneMatch="*")
                return True
            except self._error() as error:
                if _code(error) == "PreconditionFailed":
                    return False
                # another writer of the same key is under way: ask again until it is there
                if _code(error) != "ConditionalRequestConflict" or last:
                    raise LakeError(f"cannot write {key} into the lake at {self.uri}: {error}") from error
        return False

    def publish(self, key: str, data: bytes, content_type: str, cache_control: str) -> None:
        place = {"Bucket": self.bucket, "Key": self.prefix + _published(key)}
        try:
            self.client.put_object(**place, Body=data, ContentType=content_type, CacheControl=cache_control)
        except self._error() as error:
            raise LakeError(f"cannot publish {key} in the lake at {self.uri}: {error}") from error

    def get(self, key: str) -> bytes:
        try:
            data: bytes = self.client.get_object(Bucket=self.bucket, Key=self.prefix + key)["Body"].read()
        except self._error() as error:
            if _code(error) == "NoSuchKey":
                raise LostObject(f"there is no {key} in the lake at {self.uri}") from error
            raise LakeError(f"cannot read {key} from the lake at {self.uri}: {error}") from error
        return data

    def keys(self, prefix: str = "", after: str = "") -> Iterator[str]:
        place = {"Bucket": self.bucket, "Prefix": self.prefix + prefix}
        place |= {"StartAfter": self.prefix + after} if after else {}
        pages = self.client.get_paginator("list_objects_v2").paginate(**place)
        try:
            for page in pages:
                for item in page.get("Contents", ()):
                    yield item["Key"].removeprefix(self.prefix)
        except self._error() as error:
            raise LakeError(f"cannot list the lake at {self.uri}: {error}") from error

    @staticmethod
    def _error() -> tuple[type[Exception], ...]:
        from botocore.exceptions import BotoCoreError, ClientError

        return (BotoCoreError, ClientError)


def _code(error: Exception) -> str:
    response: Any = getattr(error, "response", {})
    with contextlib.suppress(KeyError, TypeError):
        return str(response["Error"]["Code"])
    return ""
