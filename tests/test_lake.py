"""The lake: one contract for a folder and for S3 over HTTP. And landing, which is all that writes into it."""

import gzip
import json
import os
import signal
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.catalogue import DATASETS
from ingestion.lake import Lake, LakeError, open_lake
from ingestion.landing import Answer, attempt_keys, land, read_attempt, read_body

FUELHH, CARBON = DATASETS["fuelhh"], DATASETS["carbon_national_actual"]
NOON = datetime(2024, 8, 14, 12, tzinfo=UTC)


@pytest.fixture
def lake(lake_address: str) -> Lake:
    return open_lake(f"{lake_address}/lake")


def contents_of(lake: Lake, prefix: str = "") -> dict[str, bytes]:
    return {key: lake.get(key) for key in list(lake.keys(prefix))}


# The contract --------------------------------------------------------------------------------------------------------


def test_an_object_is_written_once_and_never_changed(lake: Lake) -> None:
    assert lake.put("landing/a.json.gz", b"first")
    assert not lake.put("landing/a.json.gz", b"second")
    assert lake.get("landing/a.json.gz") == b"first"
    assert not lake.put("landing/a.json.gz", b"first")
    assert list(lake.keys()) == ["landing/a.json.gz"]


def test_of_eight_who_write_one_key_at_once_exactly_one_does(lake: Lake) -> None:
    for number in range(5):
        key, start = f"landing/{number}.json.gz", Barrier(8)
        contents = [bytes([writer]) * 200_000 for writer in range(8)]

        def write(content: bytes, key: str = key, start: Barrier = start) -> bool:
            start.wait()
            return lake.put(key, content)

        with ThreadPoolExecutor(8) as pool:
            written = list(pool.map(write, contents))
        assert sum(written) == 1
        assert lake.get(key) == contents[written.index(True)]


names = st.text("abz019-_=+% é", min_size=1, max_size=6)
keys = st.builds("{}/{}/{}.json".format, names, names, names)


@settings(max_examples=12)
@given(contents=st.dictionaries(keys, st.binary(max_size=50), max_size=8), data=st.data())
def test_keys_come_sorted_and_by_any_prefix(lake_address: str, contents: dict[str, bytes], data: st.DataObject) -> None:
    lake = open_lake(f"{lake_address}/{uuid.uuid4()}")
    for key, content in contents.items():
        lake.put(key, content)
    assert list(lake.keys()) == sorted(contents)
    assert contents_of(lake) == contents
    if contents:
        key = data.draw(st.sampled_from(sorted(contents)))
        prefix = key[: data.draw(st.integers(0, len(key)))]
        assert list(lake.keys(prefix)) == sorted(key for key in contents if key.startswith(prefix))


def test_an_empty_lake_has_no_keys_and_so_has_a_prefix_that_nothing_begins_with(lake: Lake) -> None:
    assert list(lake.keys()) == []
    assert list(lake.keys("landing/elexon/")) == []
    lake.put("landing/elexon/a", b"")
    assert list(lake.keys("landing/neso/")) == []


def test_lakes_with_other_prefixes_do_not_meet(lake_address: str) -> None:
    one, other = open_lake(f"{lake_address}/lake"), open_lake(f"{lake_address}/lake2")
    assert one.put("a", b"one")
    assert other.put("a", b"other")
    assert (one.get("a"), other.get("a")) == (b"one", b"other")
    assert list(one.keys()) == list(other.keys()) == ["a"]


def test_a_key_that_is_not_there_is_an_error_that_names_it_and_the_lake(lake: Lake) -> None:
    with pytest.raises(LakeError, match=r"there is no landing/gone\.json in the lake at ") as caught:
        lake.get("landing/gone.json")
    assert lake.uri in str(caught.value)


@pytest.mark.parametrize("key", ["../beside", "landing/../../beside", "landing/../x", "..", "/beside"])
def test_no_key_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    lake = open_lake(str(tmp_path / "lake"))
    beside = tmp_path / "beside"
    beside.write_bytes(b"private")
    key = str(beside) if key == "/beside" else key
    for use in (lambda: lake.put(key, b"x"), lambda: lake.get(key)):
        with pytest.raises(LakeError, match="it leads out of the lake"):
            use()
    assert beside.read_bytes() == b"private"


def test_a_folder_that_cannot_be_written_is_an_error_and_nothing_counts_as_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    lake = open_lake(str(tmp_path / "file"))
    for key in ("a", "landing/a", "landing/elexon/a"):
        with pytest.raises(LakeError, match=f"cannot write {key} into the lake at "):
            lake.put(key, b"x")


def test_a_key_below_or_above_another_is_an_error_in_a_folder_and_does_not_count_as_written(
    tmp_path: Path,
) -> None:
    lake = open_lake(str(tmp_path))
    lake.put("a/b", b"x")
    for key in ("a", "a/b/c"):
        with pytest.raises(LakeError, match=f"cannot write {key} into the lake at "):
            lake.put(key, b"x")


def test_a_bucket_that_does_not_exist_is_an_error_that_names_it(s3: str) -> None:
    lake = open_lake("s3://no-such-bucket/prefix")
    for use in (lambda: lake.put("a", b"x"), lambda: lake.get("a"), lambda: list(lake.keys())):
        with pytest.raises(LakeError, match=r"the lake at s3://no-such-bucket/prefix: .*NoSuchBucket"):
            use()


@pytest.mark.parametrize("address", ["s3://", "s3:///prefix", "s3:/bucket", "gs://bucket/prefix", "file:///tmp"])
def test_an_address_that_names_no_bucket_and_no_folder_is_an_error(address: str) -> None:
    with pytest.raises(LakeError, match=f"{address} .*write s3://bucket/prefix"):
        open_lake(address)


def test_an_endpoint_that_is_none_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    with pytest.raises(LakeError, match=r"cannot use the lake at s3://bucket/prefix: .*nonsense"):
        open_lake("s3://bucket/prefix")


# Landing -------------------------------------------------------------------------------------------------------------

zones = st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))
fetch_times = st.datetimes(datetime(2020, 1, 1), datetime(2037, 12, 31), timezones=zones)
answers = st.builds(
    Answer,
    request=st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    fetched_at=fetch_times,
    status=st.none() | st.integers(100, 599),
    body=st.none() | st.binary(max_size=300) | st.sampled_from([b"", b"\xef\xbb\xbf[]", b" []\r\n", b"\x1f\x8b\x08"]),
    error=st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    headers=st.dictionaries(st.sampled_from(["Date", "ETag"]), st.text("abc:é", max_size=5)),
)


@settings(max_examples=25)
@given(answer=answers, dataset=st.sampled_from(list(DATASETS.values())))
def test_what_was_landed_is_read_back_byte_for_byte(lake_address: str, answer: Answer, dataset: object) -> None:
    lake = open_lake(f"{lake_address}/{uuid.uuid4()}")
    attempt = land(lake, dataset, answer)  # type: ignore[arg-type]
    assert read_attempt(lake, attempt.key) == attempt
    assert (attempt.source, attempt.dataset) == (dataset.source, dataset.id)  # type: ignore[attr-defined]
    for name in ("request", "fetched_at", "status", "error", "headers"):
        assert getattr(attempt, name) == getattr(answer, name)
    assert (attempt.body_key and read_body(lake, attempt.body_key)) == answer.body


def test_keys_say_source_dataset_utc_day_time_and_what_the_body_hashes_to(lake: Lake) -> None:
    body = b'{"data":[]}'
    summer_midnight = datetime(2024, 8, 14, 0, 30, 15, 123456, tzinfo=timezone(timedelta(hours=1)))
    attempt = land(lake, FUELHH, Answer("/datasets/FUELHH", summer_midnight, 200, body))
    stem = "landing/elexon/fuelhh/date=2024-08-13/20240813T233015.123456Z-"
    assert attempt.body_key == f"{stem}{sha256(body).hexdigest()[:12]}.json.gz"
    assert attempt.key.startswith(stem)
    assert attempt.key.endswith(".attempt.json")
    assert sorted(lake.keys("landing/")) == sorted([attempt.body_key, attempt.key])
    record = json.loads(lake.get(attempt.key))
    assert record["request"] == "/datasets/FUELHH"
    assert record["fetched_at"] == "2024-08-13T23:30:15.123456+00:00"
    assert gzip.decompress(lake.get(attempt.body_key)) == body


def test_landing_the_same_answer_again_writes_nothing_new(lake: Lake) -> None:
    answer = Answer("/datasets/FUELHH", NOON, 200, b"[]")
    first = land(lake, FUELHH, answer)
    before = contents_of(lake, "landing/")
    elsewhere = Answer("/datasets/FUELHH", NOON.astimezone(timezone(timedelta(hours=1))), 200, b"[]")
    assert [land(lake, FUELHH, one) for one in (answer, elsewhere)] == [first, first]
    assert contents_of(lake, "landing/") == before


def test_answers_that_differ_in_anything_are_kept_apart(lake: Lake) -> None:
    answers = [
        Answer("/datasets/FUELHH?a", NOON, 200, b"[]"),
        Answer("/datasets/FUELHH?b", NOON, 200, b"[]"),
        Answer("/datasets/FUELHH?a", NOON + timedelta(microseconds=1), 200, b"[]"),
        Answer("/datasets/FUELHH?a", NOON, 203, b"[]"),
        Answer("/datasets/FUELHH?a", NOON, 200, b"[ ]"),
        Answer("/datasets/FUELHH?a", NOON, 200, None),
        Answer("/datasets/FUELHH?a", NOON, None, None, "timed out"),
        Answer("/datasets/FUELHH?a", NOON, None, None, "refused"),
    ]
    attempts = [land(lake, FUELHH, answer) for answer in answers]
    assert len({attempt.key for attempt in attempts}) == len(answers)
    assert [read_attempt(lake, attempt.key) for attempt in attempts] == attempts


def test_an_attempt_without_a_body_is_landed_with_its_error(lake: Lake) -> None:
    attempt = land(lake, CARBON, Answer("/intensity/date/2024-01-01", NOON, None, None, "timed out after 30 s"))
    assert list(lake.keys("landing/")) == [attempt.key]
    assert read_attempt(lake, attempt.key) == attempt
    assert (attempt.status, attempt.body_key, attempt.error) == (None, None, "timed out after 30 s")


def test_an_answer_without_the_zone_of_its_time_is_not_landed(lake: Lake) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        land(lake, FUELHH, Answer("/datasets/FUELHH", datetime(2024, 8, 14, 12), 200, b"[]"))
    assert list(lake.keys("landing/")) == []


def test_attempts_come_in_the_order_of_their_fetch_across_datasets(lake: Lake) -> None:
    hours = [5, 1, 30, 3, 26]
    landed = [
        land(lake, (FUELHH, CARBON)[number % 2], Answer("/x", NOON + timedelta(hours=hour), 200, b"[]"))
        for number, hour in enumerate(hours)
    ]
    by_time = [attempt.key for _, attempt in sorted(zip(hours, landed, strict=True))]
    assert list(attempt_keys(lake)) == by_time
    of_fuelhh = [key for key in by_time if "/fuelhh/" in key]
    assert list(attempt_keys(lake, FUELHH)) == of_fuelhh
    since = NOON + timedelta(hours=13)  # whole UTC days
    assert list(attempt_keys(lake, FUELHH, since)) == [key for key in of_fuelhh if "date=2024-08-15" in key]


@pytest.mark.parametrize(
    "record",
    [b"", b"null", b"[]", b'"x"', b"7", b"{}", b'{"format": 2}', b'{"format": 1}', b"\xff", b'{"format": 1, "x": 2}'],
)
def test_a_record_that_is_none_is_an_error_that_names_it(tmp_path: Path, record: bytes) -> None:
    lake = open_lake(str(tmp_path))
    lake.put("landing/elexon/fuelhh/x.attempt.json", record)
    with pytest.raises(LakeError, match=r"fuelhh/x\.attempt\.json in the lake at .* is no attempt record"):
        read_attempt(lake, "landing/elexon/fuelhh/x.attempt.json")


def test_a_damaged_body_is_an_error_that_names_it_wherever_the_damage_is(tmp_path: Path) -> None:
    lake = open_lake(str(tmp_path))
    whole = gzip.compress(os.urandom(100), mtime=0)
    for number in range(len(whole)):
        for kind, damaged in (
            ("flipped", whole[:number] + bytes([whole[number] ^ 0xFF]) + whole[number + 1 :]),
            ("cut", whole[:number]),
        ):
            if number in (4, 5, 6, 7, 8, 9) and kind == "flipped":
                continue  # time, flags and system in gzip's header: they change nothing of the content
            key = f"{kind}-{number}"
            lake.put(key, damaged)
            if damaged:
                with pytest.raises(LakeError, match=f"{key} in the lake at .* is damaged"):
                    read_body(lake, key)


# Crashes and imports -------------------------------------------------------------------------------------------------

WRITER = """
import os, signal, sys
from datetime import UTC, datetime, timedelta
from ingestion.catalogue import DATASETS
from ingestion.lake import open_lake
from ingestion.landing import Answer, land
lake, die_in, start = open_lake(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def land_one(number):
    fetched_at = datetime(2024, 1, 1 + start, tzinfo=UTC) + timedelta(seconds=number)
    land(lake, DATASETS["fuelhh"], Answer(f"/x?{number}", fetched_at, 200, os.urandom(1_000_000)))

land_one(0)
if die_in != "time":
    real, calls = getattr(os, die_in), iter(range(100))
    def dies(*arguments):
        if next(calls) == start:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments)
    setattr(os, die_in, dies)
print("ready", flush=True)
for number in range(1, 100_000):
    land_one(number)
"""


def all_is_whole(lake: Lake) -> int:
    """How many bodies the lake holds, after a look at each: whole, under its own name, and there for its record."""
    found = list(lake.keys("landing/"))
    bodies = [key for key in found if key.endswith(".json.gz")]
    for key in bodies:
        assert f"-{sha256(read_body(lake, key)).hexdigest()[:12]}." in key
    named = [read_attempt(lake, key).body_key for key in found if key.endswith(".attempt.json")]
    assert set(named) <= set(bodies)
    assert len(found) == len(bodies) + len(named), "something else is listed"
    return len(bodies)


def writer(lake: Path, die_in: str, start: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(lake), die_in, str(start)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_writer_killed_at_any_moment_leaves_nothing_half_written_in_the_folder(tmp_path: Path) -> None:
    lake = open_lake(str(tmp_path))
    before = 0
    for start, milliseconds in enumerate((1, 40, 71, 113)):
        process = writer(tmp_path, "time", start)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(milliseconds / 1000)
        process.kill()
        process.communicate()
        count = all_is_whole(lake)
        assert count >= before
        before = count
    assert before > 0


@pytest.mark.parametrize(
    ("die_in", "call", "bodies"),
    [("fsync", 0, 1), ("link", 0, 1), ("unlink", 0, 2), ("fsync", 1, 2), ("link", 1, 2), ("unlink", 1, 2)],
)
def test_a_writer_killed_at_a_step_leaves_all_of_an_object_or_nothing(
    tmp_path: Path, die_in: str, call: int, bodies: int
) -> None:
    process = writer(tmp_path, die_in, call)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert all_is_whole(open_lake(str(tmp_path))) == bodies


def test_boto3_is_imported_when_an_s3_lake_is_opened_and_not_before(tmp_path: Path) -> None:
    code = f"""if True:
        import sys
        import ingestion.ingest
        from ingestion.lake import open_lake
        open_lake({str(tmp_path)!r}).put("a", b"")
        assert not {{"boto3", "botocore"}} & sys.modules.keys()
        open_lake("s3://bucket/prefix")
        assert {{"boto3", "botocore"}} <= sys.modules.keys()
    """
    subprocess.run([sys.executable, "-c", code], check=True)
