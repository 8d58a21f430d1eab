"""The raw tables in Redshift, and how the row files get into them: `python -m energy_monitor.redshift_raw`.

Prints SQL for any client: the tables, and one transaction that copies what is new. docs/redshift.md says when.
"""

import click

from ingestion.catalogue import KEPT
from ingestion.schema import BOOKKEEPING

# Redshift's `text` ends after 256 bytes, and JSON is read as text. Why these digits: docs/redshift.md.
TEXT = "varchar(65535)"
TYPES = {
    "instant": "timestamptz",
    "day": "date",
    "integer": "integer",
    "number": "numeric(19, 9)",
    "text": TEXT,
    "boolean": "boolean",
    "json": TEXT,
}
LOADS = {
    "load_id": "bigint",
    "dataset": TEXT,
    "status": TEXT,
    "request": TEXT,
    "http_status": "integer",
    "window_column": TEXT,
    "window_first": TEXT,
    "window_last": TEXT,
    "fetched_at": "timestamptz",
    "attempt_key": TEXT,
    "lake_key": TEXT,
    "rows_seen": "bigint",
    "rows_new": "bigint",
    "unknown_fields": TEXT,
    "error": TEXT,
    "loaded_at": "timestamptz",
    "is_simulated": "boolean",
}
LOAD_DAYS = {
    "load_id": "bigint",
    "dataset": TEXT,
    "settlement_date": "date",
    "fetched_at": "timestamptz",
    "is_complete": "boolean",
    "is_whole_day": "boolean",
    "covered_from_utc": "timestamptz",
    "covered_to_utc": "timestamptz",
    "rows_seen": "bigint",
    "rows_new": "bigint",
    "scope": TEXT,
}


def tables() -> dict[str, dict[str, str]]:
    """The columns of each raw table with their types, by its name. Redshift makes names lower case."""
    bookkeeping = {name: _type(words) for name, words in BOOKKEEPING}
    found = {d.id: {c.name.lower(): TYPES[c.type] for c in d.columns} | bookkeeping for d in KEPT.values()}
    return found | {"load_days": LOAD_DAYS, "loads": LOADS}


def create_statements() -> list[str]:
    """Makes the schema, and what is missing of the tables: sorted by load, as rows come."""
    made = ["create schema if not exists raw"]
    for table, columns in tables().items():
        body = ", ".join(f'"{name}" {type_}' for name, type_ in columns.items())
        made.append(f"create table if not exists raw.{table} ({body}) sortkey (load_id)")
    return made


def copy_statements(place: str, role: str) -> list[str]:
    """Copies the rows of loads that the tables do not have yet, in one transaction. Run again, it adds nothing.

    place: the set of row files, s3://BUCKET/rows/SET. role: the ARN of the role that may read it, or `default`.
    """
    statements = ["begin"]
    for table in tables():
        statements += [
            f"create temporary table new_{table} (like raw.{table})",
            copy_statement(f"new_{table}", f"{place.rstrip('/')}/{table}/", role),
            insert_statement(table),
            f"drop table new_{table}",
        ]
    return [*statements, "commit"]


def copy_statement(table: str, files: str, role: str) -> str:
    """Reads all row files below a place into a table."""
    who = "default" if role == "default" else f"'{role}'"
    return f"copy {table} from '{files}' iam_role {who} format json 'auto ignorecase' gzip timeformat 'auto' roundec"


def insert_statement(table: str) -> str:
    """From a table of rows that were copied those of the loads that the raw table does not have.

    Loads of a dataset come in the order of their numbers, and a load whole.
    """
    if table in ("load_days", "loads"):
        return (
            f"insert into raw.{table} select copied.* from new_{table} as copied "
            f"left join (select dataset, max(load_id) as load_id from raw.{table} group by 1) as had "
            "on had.dataset = copied.dataset where had.load_id is null or copied.load_id > had.load_id"
        )
    return (
        f"insert into raw.{table} select * from new_{table} "
        f"where load_id > (select coalesce(max(load_id), 0) from raw.{table})"
    )


def _type(words: str) -> str:
    """The type of a column of ingestion.schema.BOOKKEEPING."""
    of_postgres = {"jsonb": TEXT, "text": TEXT, "boolean": "boolean", "timestamptz": "timestamptz", "bigint": "bigint"}
    return of_postgres[words.split()[0]]


@click.command()
@click.argument("place")
@click.option("--role", default="default", show_default=True, help="ARN of the role that reads the files.")
def main(place: str, role: str) -> None:
    """Print the SQL that makes Redshift's raw tables and copies what is new of the row files at PLACE."""
    for statement in [*create_statements(), *copy_statements(place, role)]:
        click.echo(statement + ";")


if __name__ == "__main__":
    main()
