"""Files that hold a long series: CSV or Parquet, recognised by their columns, checked whole, cut into calendar months.

A number of a CSV file is kept to its last digit; one of a Parquet file is the shortest text that gives the same number
back.
"""

import io
import json
import re
from collections.abc import Iterator
from csv import Error as CsvError
from csv import reader
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from energy_monitor.errors import UserError
from ingestion.dataset import Column, Dataset
from ingestion.datasets.history import KINDS, FileKind, Part
from ingestion.parsing import YEARS, Number, cell_of
from ingestion.settlement import DAY, local_midnight_utc, settlement_date_of

JSON_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
LONGEST_NAME = 100  # of a file, in a key of the lake
SHOWN_COLUMNS = 6

Table = Any  # of pyarrow, which is slow to import and only here
Time = date | datetime


class NoHistoryError(UserError):
    """A file that is none of the kinds we know: left alone."""


@dataclass(frozen=True)
class Cells:
    """The cells of a file as text, column by column: null where there is none. A text is kept once.

    table: columns of pyarrow's dictionary type. numeric: the columns whose type says that they hold numbers.
    """

    table: Table
    numeric: frozenset[str]

    def texts(self, name: str) -> list[str]:
        """The different texts of a column."""
        found: list[str] = self.table[name].chunk(0).dictionary.to_pylist()
        return found

    def where(self, rows: Any) -> "Cells":
        """Some of the rows, and of the texts those that they hold."""
        import pyarrow as pa
        import pyarrow.compute as pc

        kept = {
            name: pc.cast(self.table[name].filter(rows).combine_chunks(), pa.string()).dictionary_encode()
            for name in self.table.column_names
        }
        return Cells(pa.table(kept), self.numeric)


@dataclass(frozen=True)
class Month:
    """The rows of one dataset in one calendar month of settlement dates, and the window that they were cut out of.

    first, last: settlement dates, both of them in it, or instants, the last one not.
    """

    kind: FileKind
    part: Part
    first: Time
    last: Time
    cells: Cells

    @property
    def dataset(self) -> Dataset:
        return self.part.dataset

    def body(self) -> bytes:
        """The rows as a response body, under the file's own column names."""
        return b'{"data":[' + ",\n".join(_row_texts(self.kind, self.part, self.cells)).encode() + b"]}"


@dataclass(frozen=True)
class HistoryFile:
    """A file that was read, recognised and checked."""

    path: Path
    content: bytes
    kind: FileKind
    cells: Cells

    @cached_property
    def sha256(self) -> str:
        """The first 12 digits, which name it."""
        return sha256(self.content).hexdigest()[:12]

    @property
    def name(self) -> str:
        """The file's own name, as far as every lake can keep it."""
        return self.path.name.encode(errors="replace").decode()[-LONGEST_NAME:]

    def months(self) -> Iterator[Month]:
        """What is to be landed, from the first month to the last of each dataset, also where a month holds nothing."""
        for part in self.kind.parts:
            cells = _rows_of(part, self.cells)
            if cells.table.num_rows:
                yield from _months(self.kind, part, cells)


def read_history(path: Path) -> HistoryFile:
    """Reads a file and checks all of it. Raises UserError for what is no history, or not wholly one."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    table = _read(path, content)
    names = table.column_names
    kind = next((kind for kind in KINDS if set(kind.columns) <= set(names)), None)
    if kind is None:
        shown = ", ".join(names[:SHOWN_COLUMNS]) + (", …" if len(names) > SHOWN_COLUMNS else "")
        raise NoHistoryError(f"{path.name} is of no kind that is known: its columns are {shown}")
    if twice := [name for name in names if names.count(name) > 1]:
        raise UserError(f"{path} has two columns {twice[0]}")
    if not table.num_rows:
        raise UserError(f"{path} has columns and no rows")
    cells = _as_text(path, table)
    for part in kind.parts:
        _check(path, kind, part, cells)
    return HistoryFile(path, content, kind, cells)


def _read(path: Path, content: bytes) -> Table:
    import pyarrow as pa
    from pyarrow import csv, parquet

    try:
        if path.suffix.lower() == ".parquet":
            return parquet.read_table(pa.BufferReader(content))
        if path.suffix.lower() == ".csv":
            if not content.strip():
                raise UserError(f"{path} is empty")
            # every cell as the text that it is; an empty one is no value
            as_text = csv.ConvertOptions(
                column_types=dict.fromkeys(_header(content), pa.string()), null_values=[""], strings_can_be_null=True
            )
            return csv.read_csv(pa.BufferReader(content), convert_options=as_text)
    except (pa.ArrowException, OSError, UnicodeError, CsvError) as error:
        raise UserError(f"{path} is no whole {path.suffix[1:].upper()} file: {str(error).splitlines()[0]}") from error
    raise NoHistoryError(f"{path.name} is neither a CSV nor a Parquet file")


def _header(content: bytes) -> list[str]:
    """The names in the first line that is not empty.

    Not by pyarrow's open_csv, which goes on to read ahead in a thread of its own: a process that ends meanwhile is
    aborted. Nor does pyarrow get a file object of Python's, for the same reason.
    """
    lines = reader(io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline=""))
    return next((names for names in lines if names), [])


# Cells ----------------------------------------------------------------------------------------------------------------


def _as_text(path: Path, table: Table) -> Cells:
    import pyarrow as pa
    import pyarrow.types as of

    columns, numeric = {}, set()
    for name in table.column_names:
        type_ = table[name].type
        if of.is_integer(type_) or of.is_floating(type_) or of.is_decimal(type_):
            numeric.add(name)
        try:
            coded = table[name].combine_chunks()
            coded = coded if of.is_dictionary(type_) else coded.dictionary_encode()
            texts = _texts(coded.dictionary)
        except pa.ArrowException as error:
            raise UserError(f"{path}: the column {name} holds {type_}, which is no number, text or time") from error
        # once more, as a null or a time may have been there under several values
        columns[name] = pa.DictionaryArray.from_arrays(coded.indices, texts).cast(pa.string()).dictionary_encode()
    return Cells(pa.table(columns), frozenset(numeric))


def _texts(values: Any) -> Any:
    """Values as text; null where a float is not a number."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(values.type) and values.type.tz is not None:
        values = pc.cast(values, pa.timestamp(values.type.unit, "UTC"))
        if pc.all(pc.equal(pc.floor_temporal(values, unit="second"), values)).as_py():
            values = pc.cast(values, pa.timestamp("s", "UTC"))  # shorter
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), None, values)
    return pc.cast(values, pa.string())


def _rows_of(part: Part, cells: Cells) -> Cells:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not part.column:
        return cells
    texts = pc.cast(cells.table[part.column], pa.string())
    is_value = pc.fill_null(pc.equal(texts, part.value), False)
    return cells.where(is_value if part.is_value else pc.invert(is_value))


def _is_plain(kind: FileKind, part: Part, cells: Cells, name: str) -> bool:
    """Whether a column's cells are written into JSON as they are: numbers."""
    column = kind.column(part, name)
    return name in cells.numeric if column is None else column.type in ("integer", "number")


def _row_texts(kind: FileKind, part: Part, cells: Cells) -> list[str]:
    """Each row as a JSON object."""
    import pyarrow as pa
    import pyarrow.compute as pc

    pieces: list[Any] = []
    for number, name in enumerate(cells.table.column_names):
        texts = cells.texts(name)
        if not _is_plain(kind, part, cells, name):
            texts = [json.dumps(text, ensure_ascii=False) for text in texts]
        column = pc.take(pa.array(texts, pa.string()), cells.table[name].chunk(0).indices)
        label = json.dumps(name, ensure_ascii=False) + ":"
        pieces += [("{" if number == 0 else ",") + label, pc.fill_null(column, "null")]
    rows: list[str] = pc.binary_join_element_wise(*pieces, "}", "").to_pylist()
    return rows


# Checks ---------------------------------------------------------------------------------------------------------------


def _check(path: Path, kind: FileKind, part: Part, cells: Cells) -> None:
    """Raises UserError for the first cell that its column cannot hold, and for two rows that contradict each other."""
    own = _rows_of(part, cells)
    for name in own.table.column_names:
        column, is_plain = kind.column(part, name), _is_plain(kind, part, own, name)
        if (name == kind.time or (column is not None and column.role == "key")) and own.table[name].null_count:
            raise UserError(f"{path}, {_place(cells, name, None)}: a row without {name} is no row of a history")
        for text in own.texts(name):
            reason = _refusal(column, text, is_plain)
            if reason is None and name == kind.time:
                reason = _refusal_of_time(kind, part, text)
            if reason is not None:
                raise UserError(f"{path}, {_place(cells, name, text)}: {reason}")
    if kind.day_of is None:  # else rows of one text are told apart by their order
        _expect_one_row_a_key(path, kind, part, own)


def _refusal(column: Column | None, text: str, is_plain: bool) -> str | None:
    if is_plain and not JSON_NUMBER.fullmatch(text):
        return f"{text!r} is no number"
    try:
        if column is not None:
            cell_of(column, Number(text) if is_plain else text)
        elif "\x00" in text:
            return "the text holds a NUL character"
    except ValueError as error:
        return str(error)
    return None


def _refusal_of_time(kind: FileKind, part: Part, text: str) -> str | None:
    try:
        _time_of(kind, part, text)
    except ValueError as error:
        return str(error)
    return None


def _place(cells: Cells, name: str, text: str | None) -> str:
    """Where a text is first found: row and column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.cast(cells.table[name], pa.string())
    index = pc.index(pc.is_null(texts), True) if text is None else pc.index(texts, text)
    return f"row {index.as_py() + 1}, {name}"


def _expect_one_row_a_key(path: Path, kind: FileKind, part: Part, cells: Cells) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    names = cells.table.column_names
    keys = [column.name for column in part.dataset.keys if column.name in names]
    values = [column.name for column in (*part.dataset.values, *kind.wide) if column.name in names]
    # texts are compared by their numbers in the dictionary
    codes = pa.table({name: cells.table[name].chunk(0).indices for name in [*keys, *values]})
    if codes.group_by(keys).aggregate([]).num_rows == codes.num_rows:
        return
    counted = codes.group_by([*keys, *values]).aggregate([]).group_by(keys).aggregate([([], "count_all")])
    twice = counted.filter(pc.greater(counted["count_all"], 1)).slice(0, 1).to_pylist()
    if twice:
        shown = ", ".join(f"{name} {cells.texts(name)[twice[0][name]]}" for name in keys)
        raise UserError(f"{path} has two different rows for {shown}")


# Months ---------------------------------------------------------------------------------------------------------------


def _time_of(kind: FileKind, part: Part, text: str) -> Time:
    """What a text of the time column says: a settlement date, or an instant. Raises ValueError where it says none."""
    if kind.day_of is not None:
        time: Time = kind.day_of(text)
    else:
        cell = cell_of(part.dataset.by_name[kind.time], text)
        time = datetime.fromisoformat(cell) if "T" in cell else date.fromisoformat(cell)
    if time.year not in YEARS:
        raise ValueError(f"{text} is no time that this grid has data for")
    return time


def _day(time: Time) -> date:
    return settlement_date_of(time) if isinstance(time, datetime) else time


def _months(kind: FileKind, part: Part, cells: Cells) -> Iterator[Month]:
    import pyarrow as pa
    import pyarrow.compute as pc

    times = [_time_of(kind, part, text) for text in cells.texts(kind.time)]
    first, last = min(times), max(times)
    months = [_day(time).replace(day=1).toordinal() for time in times]
    month_of_row = pc.take(pa.array(months, pa.int32()), cells.table[kind.time].chunk(0).indices)
    month = _day(first).replace(day=1)
    while month <= _day(last):
        following = (month + 31 * DAY).replace(day=1)
        rows = cells.where(pc.equal(month_of_row, month.toordinal()))
        if isinstance(first, datetime) and isinstance(last, datetime):
            begin = max(first, local_midnight_utc(month))
            end = min(last + part.dataset.period, local_midnight_utc(following))
            yield Month(kind, part, begin.astimezone(UTC), end.astimezone(UTC), rows)
        else:
            yield Month(kind, part, max(first, month), min(last, following - DAY), rows)
        month = following
