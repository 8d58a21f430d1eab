"""Bodies to rows: what is right comes through exactly, what is wrong is refused in a sentence that helps."""

import contextlib
import gzip
import itertools
import json
import re
import sys
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.catalogue import DATASETS, dataset_of
from ingestion.dataset import BodyError, Dataset
from ingestion.parsing import Body, Row, parse
from ingestion.settlement import HALF_HOUR, local_midnight_utc
from tests.conftest import day_request

FUELHH, PRICES, MARKET_INDEX, REMIT = (DATASETS[name] for name in ("fuelhh", "system_prices", "market_index", "remit"))
CARBON, NESO = DATASETS["carbon_national_actual"], DATASETS["neso_historic_demand"]
DAY = date(2024, 1, 1)
ASKED = FUELHH.window_of(day_request("fuelhh", DAY))
ROW = {
    "dataset": "FUELHH",
    "publishTime": "2024-01-01T00:30:00Z",
    "startTime": "2024-01-01T00:00:00Z",
    "settlementDate": "2024-01-01",
    "settlementPeriod": 1,
    "fuelType": "WIND",
    "generation": 1234,
}


def fuelhh(*rows: Any) -> Body:
    """The answer to a day of FUELHH with these rows."""
    return parse(FUELHH, json.dumps({"data": rows}).encode(), ASKED)


def cells(body: Body, column: str, dataset: Dataset = FUELHH) -> list[str | None]:
    place = dataset.columns.index(dataset.by_name[column])
    return [row.cells[place] for row in body.rows]


def refusal(dataset: Dataset, body: bytes, window: Any = None) -> str:
    """What is said of a body that must be refused: one sentence on one line, that can be printed and stored."""
    with pytest.raises(BodyError) as caught:
        parse(dataset, body, window)
    said = str(caught.value)
    assert "\n" not in said
    assert "\x00" not in said
    assert len(said.encode()) < 1000
    return said


# Recorded bodies -----------------------------------------------------------------------------------------------------


def test_every_recorded_body_of_the_catalogue_is_parsed_row_by_row(recorded: Path) -> None:
    bodies = recorded / "bodies"
    parsed: Counter[str] = Counter()
    for entry in json.loads((bodies / "MANIFEST.json").read_text()):
        dataset = dataset_of(entry["source"], entry["request"])
        if dataset is None:
            continue
        place = next(path for path in (bodies / entry["file"], recorded / entry["file"]) if path.is_file())
        content = gzip.decompress(place.read_bytes())
        body = parse(dataset, content, dataset.window_of(entry["request"]), dataset.scope_of(entry["request"]))
        names = [column.name.encode() for column in dataset.keys]
        # the innermost key field is in each row once; factors have a field each, and 14 were recorded
        found = max(len(re.findall(rb'"%b"\s*:' % name, content)) for name in names) or 14
        assert len(body.rows) == found, entry["file"]
        assert body.unknown_fields == (), entry["file"]
        parsed[dataset.id] += 1
    assert parsed == {
        "fuelhh": 29,
        "fuelinst": 29,
        "demand_outturn": 15,
        "system_prices": 32,
        "remit": 1,
        "carbon_national_actual": 15,
        "neso_historic_demand": 15,
        "neso_demand_forecast": 1,
        "windfor": 1,
        "carbon_regional_forecast": 2,
        "carbon_factors": 1,
        "octopus_unit_rates": 14,
    }


def test_a_recorded_day_has_as_many_rows_as_its_clock_has_half_hours(recorded: Path) -> None:
    for file, dataset, expected in (
        ("elexon/system-prices/2022-03-27", PRICES, 46),
        ("elexon/system-prices/2022-03-28", PRICES, 48),
        ("carbon_intensity/intensity-date/2025-10-26", CARBON, 50),
        ("elexon/FUELHH/2022-03-27", FUELHH, 46 * 18),
        ("elexon/REMIT/2024-01-01", REMIT, 125),
    ):
        content = gzip.decompress((recorded / "bodies" / f"{file}.json.gz").read_bytes())
        assert len(parse(dataset, content, None).rows) == expected


# Numbers and contents ------------------------------------------------------------------------------------------------

digits = st.text("0123456789", min_size=1, max_size=12)
whole = st.one_of(st.just("0"), st.from_regex(r"[1-9][0-9]{0,18}", fullmatch=True))
exponents = st.builds("{}{}{}".format, st.sampled_from("eE"), st.sampled_from(["", "+", "-"]), st.integers(0, 10))
number_texts = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "-"]),
    whole,
    st.one_of(st.just(""), digits.map(".{}".format), st.from_regex(r"\.[0-9]{12,40}", fullmatch=True)),
    st.one_of(st.just(""), exponents),
)


def with_generation(text: str) -> Row:
    """The row of a body that says this of its generation, to the letter."""
    body = json.dumps([ROW | {"generation": "HERE"}]).replace('"HERE"', text)
    (row,) = parse(FUELHH, body.encode(), ASKED).rows
    return row


@given(number_texts)
def test_a_number_comes_through_to_the_last_digit(text: str) -> None:
    place = FUELHH.columns.index(FUELHH.by_name["generation"])
    assert Decimal(with_generation(text).cells[place] or "nothing") == Decimal(text)


@given(number_texts, number_texts)
def test_two_contents_are_the_same_exactly_where_the_numbers_are_equal(one: str, other: str) -> None:
    same = with_generation(one).content_hash == with_generation(other).content_hash
    assert same == (Decimal(one) == Decimal(other))


@given(st.integers(-(10**12), 10**12), st.integers(-12, 12), st.integers(1, 5))
def test_another_way_of_writing_a_number_is_no_change(number: int, exponent: int, zeros: int) -> None:
    spelled_out = format(Decimal(number).scaleb(exponent), "f")
    ways = [
        spelled_out,
        spelled_out + "0" * zeros if "." in spelled_out else f"{spelled_out}.{'0' * zeros}",
        f"{number}e{exponent}",
        f"{number}.{'0' * zeros}E{exponent:+}",
        f"{number * 10**zeros}e{exponent - zeros}",
    ]
    assert len({with_generation(way) for way in ways}) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1", "1.0", True),
        ("1", "1e0", True),
        ("1", "10e-1", True),
        ("0", "-0.0", True),
        ("100", "1E+2", True),
        ("0.1", "0.10000000000000000000000000000000000001", False),
        ("12345678901234567890.1234567890", "12345678901234567890.1234567891", False),
        ("0", "0.000000000000000000000000000001", False),
        ("-1", "1", False),
        ("0", "null", False),
    ],
)
def test_numbers_are_compared_as_numbers(one: str, other: str, same: bool) -> None:
    assert (with_generation(one).content_hash == with_generation(other).content_hash) == same
    assert (with_generation(one).cells == with_generation(other).cells) == same


@pytest.mark.parametrize(
    "number",
    ["1e31", "-1e31", "1e-31", "1e400", "1e999999999", "1e99999999999999999999", "1" * 32, "1" * 5000, "-" + "9" * 40],
)
def test_a_number_that_is_no_quantity_of_a_grid_is_refused_before_it_is_written_out(number: str) -> None:
    body = json.dumps([ROW | {"generation": "HERE"}]).replace('"HERE"', number).encode()
    assert refusal(FUELHH, body).startswith(f"row 1, generation: {number[:20]}")
    body = json.dumps([ROW | {"more": "HERE"}]).replace('"HERE"', number).encode()
    assert refusal(FUELHH, body).startswith("row 1, unknown fields ")


MESSAGE = {"mrid": "m", "revisionNumber": 1, "publishTime": "2024-01-01T00:00:00Z"}


def test_no_two_contents_are_taken_for_one_whatever_characters_they_hold() -> None:
    texts = [None, *("".join(some) for length in range(3) for some in itertools.product("a,-\x1f", repeat=length))]
    contents = list(itertools.product(texts, texts))
    rows = [
        MESSAGE | {"mrid": str(number), "messageType": one, "messageHeading": other, "eventType": "x"}
        for number, (one, other) in enumerate(contents)
    ]
    parsed = parse(REMIT, json.dumps(rows).encode(), None).rows
    assert len({row.content_hash for row in parsed}) == len(contents) == 22**2


def test_an_attribute_is_kept_and_makes_no_difference() -> None:
    (row,) = fuelhh(ROW).rows
    (later,) = fuelhh(ROW | {"publishTime": "2024-01-05T00:00:00Z"}).rows
    assert row.content_hash == later.content_hash
    assert row.cells != later.cells


def test_null_and_a_field_that_is_not_there_are_the_same_content_and_zero_is_another() -> None:
    period = {"settlementDate": "2024-01-01", "settlementPeriod": 1, "netImbalanceVolume": None}
    rows = [period, period | {"systemBuyPrice": None}, period | {"netImbalanceVolume": 0}]
    null, both, zero = (parse(PRICES, json.dumps([row]).encode(), None).rows[0] for row in rows)
    assert null.content_hash == both.content_hash != zero.content_hash


@given(st.dictionaries(st.sampled_from("abc"), st.integers(0, 9), max_size=3), st.randoms())
def test_the_order_of_fields_in_a_nested_value_is_no_change(value: dict[str, int], random: Any) -> None:
    pairs = list(value.items())
    random.shuffle(pairs)
    one, other = (
        parse(REMIT, json.dumps([MESSAGE | {"outageProfile": [profile]}]).encode(), None).rows[0]
        for profile in (value, dict(pairs))
    )
    assert one.content_hash == other.content_hash


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2024-01-01", DAY), ("01-JAN-2024", DAY), ("1-Jan-24", DAY), ("2024-01-01T00:00:00", DAY)],
)
def test_neso_s_ways_of_writing_a_date_are_one_date(text: str, expected: date) -> None:
    body = {"success": True, "result": {"records": [{"SETTLEMENT_DATE": text, "SETTLEMENT_PERIOD": 1, "ND": 1}]}}
    (row,) = parse(NESO, json.dumps(body).encode(), None).rows
    assert (row.time, row.cells[0]) == (expected, "2024-01-01")


@given(st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_an_instant_is_the_same_row_in_whatever_zone_it_is_written(moment: datetime, minutes: int) -> None:
    utc = moment.replace(tzinfo=UTC)
    sign = "-" if minutes < 0 else "+"
    local = utc + (minutes * HALF_HOUR / 30)
    written = f"{local.replace(tzinfo=None).isoformat()}{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    rows = [ROW | {"startTime": utc.isoformat()}, ROW | {"startTime": written}]
    assert [row.time for row in parse(FUELHH, json.dumps(rows).encode(), None).rows] == [utc]


# What is let through -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dataset", "body"),
    [
        (FUELHH, b"[]"),
        (FUELHH, b'{"data":[]}'),
        (FUELHH, b' {"metadata": {"datasets": ["FUELHH"]}, "data": []} '),
        (CARBON, b'{"data":[]}'),
        (NESO, b'{"success":true,"result":{"records":[]}}'),
    ],
)
def test_an_empty_answer_is_an_answer_with_no_rows(dataset: Dataset, body: bytes) -> None:
    assert parse(dataset, body, None) == Body((), ())


def test_each_of_elexon_s_three_shapes_gives_the_same_rows() -> None:
    shapes = [[ROW], {"data": [ROW]}, {"metadata": {"datasets": ["FUELHH"]}, "data": [ROW]}]
    assert len({parse(FUELHH, json.dumps(shape).encode(), ASKED) for shape in shapes}) == 1


def test_an_unknown_field_is_kept_with_its_row_and_named_and_is_no_change_of_content() -> None:
    body = fuelhh(ROW | {"nested": {"b": [1.50, None, True], "a": "é"}, "capacity": 7}, ROW | {"fuelType": "GAS"})
    assert body.unknown_fields == ("capacity", "nested")
    assert [row.extra for row in body.rows] == ['{"capacity":7,"nested":{"a":"é","b":[1.5,null,true]}}', None]
    assert body.rows[0].content_hash == fuelhh(ROW).rows[0].content_hash


def test_a_text_and_a_number_of_the_same_characters_are_told_apart_also_in_one_body() -> None:
    """What became of a value is remembered from row to row."""
    text, number = ROW | {"fuelType": "5", "generation": 5}, ROW | {"fuelType": 5, "generation": 5}
    for rows, says in (([text, number], "row 2, fuelType: 5 is no text"), ([number, text], "row 1, fuelType: 5 is no")):
        assert says in refusal(FUELHH, json.dumps(rows).encode(), ASKED)
    quoted = text | {"fuelType": "6", "generation": "5"}
    assert "row 2, generation: " in refusal(FUELHH, json.dumps([text, quoted]).encode(), ASKED)


def test_an_unknown_fuel_code_flows_through() -> None:
    assert cells(fuelhh(ROW, ROW | {"fuelType": "FUSION"}), "fuelType") == ["WIND", "FUSION"]


later, earlier = "2024-01-02T00:00:00Z", "2024-01-01T00:30:00Z"


@pytest.mark.parametrize("stamps", [(earlier, later), (later, earlier)], ids=["newer last", "newer first"])
def test_of_two_rows_for_one_key_the_one_published_later_holds(stamps: tuple[str, str]) -> None:
    rows = [ROW | {"publishTime": stamp, "generation": {earlier: 1, later: 2}[stamp]} for stamp in stamps]
    assert cells(fuelhh(*rows), "generation") == ["2"]


def test_two_rows_for_one_key_that_say_the_same_are_one() -> None:
    assert cells(fuelhh(ROW, ROW | {"generation": 1234.0}), "generation") == ["1234"]


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dataset", "rows"),
    [
        (FUELHH, [ROW, ROW | {"generation": 1}]),
        (FUELHH, [ROW, {k: v for k, v in ROW.items() if k != "publishTime"} | {"generation": 1}]),
        (
            MARKET_INDEX,
            [
                {"startTime": "2024-01-01T00:00Z", "dataProvider": "WIND", "price": price, "volume": 1}
                for price in (1, 2)
            ],
        ),
    ],
    ids=["equal times", "one without a time", "a dataset without times"],
)
def test_two_different_rows_for_one_key_of_which_none_is_newer_are_refused(dataset: Dataset, rows: list[dict]) -> None:
    said = refusal(dataset, json.dumps(rows).encode())
    assert said.startswith("two different rows for startTime 2024-01-01T00:00")
    assert "WIND" in said


WHOLE = json.dumps({"data": [ROW]}).encode()


@given(st.integers(0, len(WHOLE) - 1))
def test_a_body_that_was_cut_anywhere_is_refused(length: int) -> None:
    assert f"its {length} bytes begin" in refusal(FUELHH, WHOLE[:length], ASKED)


def test_a_page_of_html_is_refused_with_its_beginning() -> None:
    said = refusal(FUELHH, b"<!DOCTYPE html>\n<html><body>Down for maintenance</body></html>")
    assert said.startswith("the body is not whole, valid JSON (")
    assert "its 62 bytes begin '<!DOCTYPE html>\\n<html><body>Down" in said


@pytest.mark.parametrize(
    ("dataset", "body", "expected"),
    [
        (FUELHH, b"{}", "expected an object with a list `data`, or a list of rows"),
        (FUELHH, b"null", "expected an object with a list `data`, or a list of rows"),
        (FUELHH, b'"maintenance"', "expected an object with a list `data`, or a list of rows"),
        (FUELHH, b"7", "expected an object with a list `data`, or a list of rows"),
        (FUELHH, b'{"data":null}', "expected an object with a list `data`, or a list of rows"),
        (FUELHH, b'{"data":{"rows":[]}}', "expected an object with a list `data`, or a list of rows"),
        (CARBON, b"[]", "expected an object with a list `data`"),
        (CARBON, b'{"error":{"code":"400 Bad Request","message":"no"}}', "expected an object with a list `data`"),
        (CARBON, b'{"data":[{"from":"2024-01-01T00:00Z"}]}', "row 1 has no object `intensity`"),
        (CARBON, b'{"data":[7]}', "row 1 has no object `intensity`"),
        (NESO, b"[]", "expected `success` true and a list `result.records`"),
        (NESO, b'{"success":false,"result":{"records":[]}}', "expected `success` true and a list `result.records`"),
        (NESO, b'{"success":true,"result":null}', "expected `success` true and a list `result.records`"),
    ],
)
def test_another_shape_is_refused_with_the_one_expected(dataset: Dataset, body: bytes, expected: str) -> None:
    assert refusal(dataset, body) == expected


def without(name: str, row: dict = ROW) -> dict:
    return {k: v for k, v in row.items() if k != name}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (without("fuelType"), "row 2 has no fuelType, which says what the row is"),
        (ROW | {"fuelType": None}, "row 2 has no fuelType, which says what the row is"),
        (without("startTime"), "row 2 has no startTime, which says what the row is"),
        (ROW | {"startTime": "2024-01-01T00:00:00"}, 'row 2, startTime: "2024-01-01T00:00:00" has no time zone'),
        (ROW | {"startTime": "2024-01-01"}, 'row 2, startTime: "2024-01-01" has no time zone'),
        (ROW | {"startTime": "noon"}, 'row 2, startTime: "noon" is no time'),
        (ROW | {"startTime": 1704067200}, "row 2, startTime: 1704067200 is no time"),
        (ROW | {"startTime": {}}, "row 2, startTime: {} is no time"),
        (ROW | {"startTime": ["2024-01-01T00:00Z"]}, 'row 2, startTime: ["2024-01-01T00:00Z"] is no time'),
        (ROW | {"startTime": "0001-01-01T00:00+05:00"}, 'row 2, startTime: "0001-01-01T00:00+05:00" is no time'),
        (ROW | {"startTime": "\ud800"}, 'row 2, startTime: "\\ud800" is no time'),
        (
            ROW | {"startTime": "1970-01-01T00:00Z"},
            "row 2, startTime: 1970-01-01 00:00:00+00:00 is no time that this grid has data for",
        ),
        (ROW | {"settlementDate": "01/01/2024"}, 'row 2, settlementDate: "01/01/2024" is no date'),
        (ROW | {"settlementDate": 20240101}, "row 2, settlementDate: 20240101 is no date"),
        (ROW | {"settlementDate": {"d": 1}}, 'row 2, settlementDate: {"d": "1"} is no date'),
        (ROW | {"settlementPeriod": 1.5}, "row 2, settlementPeriod: 1.5 is no whole number below a thousand million"),
        (ROW | {"settlementPeriod": 10**9}, "row 2, settlementPeriod: 1000000000 is no whole number below"),
        (ROW | {"settlementPeriod": True}, "row 2, settlementPeriod: true is no whole number below"),
        (ROW | {"generation": "1234"}, 'row 2, generation: "1234" is no number'),
        (ROW | {"generation": True}, "row 2, generation: true is no number"),
        (ROW | {"generation": "n/a"}, 'row 2, generation: "n/a" is no number'),
        (ROW | {"fuelType": 7}, "row 2, fuelType: 7 is no text"),
        (ROW | {"fuelType": ["WIND"]}, 'row 2, fuelType: ["WIND"] is no text'),
        (ROW | {"fuelType": "W\x00"}, "row 2, fuelType: the text holds a NUL character"),
        (ROW | {"fuelType": "\udc00"}, "row 2, fuelType: 'utf-8' codec can't encode character '\\udc00'"),
        (ROW | {"more": "W\x00"}, 'row 2, unknown fields {"more": "W\\u0000"}: the text holds a NUL character'),
        (ROW | {"more": {"\ud800": 1}}, 'row 2, unknown fields {"more": {"\\ud800": "1"}}: \'utf-8\' codec'),
        (["a", "row"], 'row 2 is ["a", "row"], not an object'),
        (None, "row 2 is null, not an object"),
    ],
)
def test_a_refusal_names_row_field_and_value(row: Any, expected: str) -> None:
    good = ROW | {"fuelType": "GAS"}
    assert refusal(FUELHH, json.dumps([good, row, good]).encode()).startswith(expected)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_python_takes_for_a_number_and_json_does_not_is_refused(constant: str) -> None:
    body = json.dumps([ROW | {"generation": "HERE"}]).replace('"HERE"', constant).encode()
    assert f"{constant} is not a JSON number" in refusal(FUELHH, body)


def test_values_under_other_names_are_refused_as_a_rename_and_not_taken_for_nulls() -> None:
    renamed = without("generation") | {"generationMW": 1234}
    said = refusal(FUELHH, json.dumps([renamed]).encode())
    assert said == "no row has any of the fields generation; the source may have renamed them"


@pytest.mark.parametrize(
    ("dataset", "request_", "row", "column"),
    [
        (FUELHH, day_request("fuelhh", DAY), ROW | {"settlementDate": "2024-01-02"}, "settlementDate"),
        (
            FUELHH,
            "/datasets/FUELHH?publishDateTimeFrom=2024-01-01T01:00Z&publishDateTimeTo=2024-01-01T02:00Z",
            ROW,
            "publishTime",
        ),
        (
            MARKET_INDEX,
            "/balancing/pricing/market-index?from=2024-01-01T00:00Z&to=2024-01-01T01:00Z",
            {"startTime": "2024-01-01T01:30:00Z", "dataProvider": "APXMIDP", "price": 1, "volume": 1},
            "startTime",
        ),
        (
            PRICES,
            "/balancing/settlement/system-prices/2024-01-01",
            {"settlementDate": "2023-12-31", "settlementPeriod": 48, "systemBuyPrice": 1},
            "settlementDate",
        ),
    ],
)
def test_a_row_beyond_the_window_is_refused_with_both(dataset: Dataset, request_: str, row: dict, column: str) -> None:
    window = dataset.window_of(request_)
    body = json.dumps([row]).encode()
    assert parse(dataset, body, None).rows, "without a window the row is right"
    said = refusal(dataset, body, window)
    assert said.startswith(f"row 1 has {column} {row[column]}, outside the window asked for, 202")
    assert "the source may have ignored a parameter" in said


def test_the_half_hour_that_the_carbon_api_adds_in_front_is_inside_and_one_before_it_is_not() -> None:
    window = CARBON.window_of("/intensity/2024-01-01T00:00Z/2024-01-01T01:00Z")

    def half_hour(number: int) -> dict:
        start = local_midnight_utc(DAY) + number * HALF_HOUR
        times = {"from": f"{start:%Y-%m-%dT%H:%MZ}", "to": f"{start + HALF_HOUR:%Y-%m-%dT%H:%MZ}"}
        return times | {"intensity": {"forecast": 1, "actual": 1, "index": "low"}}

    assert len(parse(CARBON, json.dumps({"data": [half_hour(n) for n in (-1, 0, 1)]}).encode(), window).rows) == 3
    for outside in (-2, 2):
        assert "outside the window" in refusal(CARBON, json.dumps({"data": [half_hour(outside)]}).encode(), window)


@pytest.mark.parametrize("place", ["value", "unknown field", "row", "key", "body"])
def test_nesting_however_deep_is_refused_and_not_a_crash(place: str) -> None:
    limit = sys.getrecursionlimit()
    for depth in (50, *range(limit // 2 - 60, limit // 2, 3), *range(limit - 120, limit + 10), 5000, 200_000):
        deep = "[" * depth + "]" * depth
        whole = {
            "value": json.dumps([ROW | {"generation": "HERE"}]),
            "unknown field": json.dumps([ROW | {"more": "HERE"}]),
            "row": json.dumps([ROW, "HERE"]),
            "key": json.dumps([ROW | {"fuelType": "HERE"}]),
            "body": '"HERE"',
        }[place]
        body = whole.replace('"HERE"', deep).encode()
        if place != "unknown field":
            refusal(FUELHH, body, ASKED)
        else:  # is kept up to some depth
            with contextlib.suppress(BodyError):
                assert parse(FUELHH, body, ASKED).unknown_fields == ("more",)
                assert depth < limit


# Whatever comes ------------------------------------------------------------------------------------------------------

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["2024-01-01T00:00Z", "2024-01-01", "9999-12-31T23:59-12:00", "\ud800", "\x00", "01-JAN-2024"]),
)
names = st.sampled_from(sorted({name for dataset in DATASETS.values() for name in dataset.by_name})) | st.text()
anything = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3))


def only_body_errors(dataset: Dataset, body: bytes) -> None:
    """Parses a body with and without a window: rows or a refusal, both of which can be stored and printed."""
    first = {"instant": datetime(2024, 1, 1, tzinfo=UTC), "day": DAY}
    asked = [
        form.write(first[form.type], first[form.type] + (form.span or HALF_HOUR * form.half_open), **dataset.scopes[0])
        for form in dataset.forms[:1]
    ]
    for request in ("", *asked):
        said = ""
        try:
            parsed = parse(dataset, body, dataset.window_of(request), dataset.scope_of(request))
        except BodyError as error:
            said = str(error)
        else:
            said = "".join(cell or "" for row in parsed.rows for cell in (*row.cells, row.extra))
        said.encode()
        assert "\x00" not in said


@given(st.sampled_from(list(DATASETS.values())), st.binary())
def test_any_bytes_are_rows_or_a_refusal(dataset: Dataset, body: bytes) -> None:
    only_body_errors(dataset, body)


@given(st.sampled_from(list(DATASETS.values())), anything)
def test_any_json_is_rows_or_a_refusal(dataset: Dataset, value: Any) -> None:
    only_body_errors(dataset, json.dumps(value).encode())


@st.composite
def nearly_right_rows(draw: st.DrawFn, dataset: Dataset) -> list[dict]:
    """Rows of a dataset's own columns, with values of the right kind and now and then of any other."""
    right: dict[str, st.SearchStrategy] = {
        "instant": st.sampled_from(["2024-01-01T00:00:00Z", "2024-01-01T00:30:00Z", "2024-01-01T12:00:00+01:00"]),
        "day": st.just("2024-01-01"),
        "integer": st.integers(1, 50),
        "number": st.floats(allow_nan=False, allow_infinity=False),
        "text": st.text(max_size=3),
        "boolean": st.booleans(),
        "json": anything,
    }
    fields = {
        column.name: st.integers(0, 15).flatmap(lambda n, kind=column.type: right[kind] if n else scalars | anything)
        for column in dataset.columns
    }
    return draw(st.lists(st.fixed_dictionaries({}, optional=fields) | st.fixed_dictionaries(fields), max_size=3))


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=DATASETS)
def test_rows_that_are_nearly_right_are_rows_or_a_refusal(dataset: Dataset) -> None:
    @settings(max_examples=25)
    @given(nearly_right_rows(dataset))
    def check(rows: list[dict]) -> None:
        if dataset.source == "neso":
            body: Any = {"success": True, "result": {"records": rows, "total": len(rows)}}
        elif dataset.source == "octopus":
            body = {"count": len(rows), "next": None, "results": rows}
        elif dataset.id == "carbon_factors":
            body = {"data": rows}
        elif dataset.id == "carbon_generation_mix":
            body = {
                "data": [row | {"generationmix": [{k: row[k] for k in ("fuel", "perc") if k in row}]} for row in rows]
            }
        elif dataset.id == "carbon_regional_forecast":
            body = {"data": [{"regions": [row | {"intensity": {}}]} for row in rows]}
        elif dataset.source == "carbon_intensity":
            times = ("from", "to")
            body = {
                "data": [
                    {k: row[k] for k in times if k in row} | {"intensity": {k: row[k] for k in row if k not in times}}
                    for row in rows
                ]
            }
        else:
            body = {"data": rows}
        only_body_errors(dataset, json.dumps(body).encode())

    check()
