"""A statement of Redshift's as PostgreSQL understands it. sqlglot does most of it."""

import re

import sqlglot
from sqlglot import exp

from tests.redshift.allowed import refused

# Of these dbt's adapter asks for itself, in words that PostgreSQL understands; some of the tables are stubs.
CATALOGUE = re.compile(r"\b(information_schema|pg_\w+|svv_\w+)\b", re.IGNORECASE)
TRANSLATED = re.compile(r"^\s*(select|with|create|insert|delete)\b", re.IGNORECASE)
AS_IT_IS = re.compile(r"^\s*(create\s+schema\b|insert\b.*\bvalues\s*\(\s*\$1)", re.IGNORECASE | re.DOTALL)
COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
TEXT_BYTES = 256  # how long Redshift's `text` is


class NotRedshift(Exception):
    """A statement with something that Redshift lacks."""


def to_postgres(statement: str) -> str:
    """The statement for PostgreSQL. Raises NotRedshift where it has what Redshift lacks."""
    bare = COMMENT.sub(" ", statement)
    if CATALOGUE.search(bare):
        return statement.replace("pg_catalog.svv_", "public.svv_")
    if not TRANSLATED.match(bare) or AS_IT_IS.match(bare):
        return statement
    tree = sqlglot.parse_one(statement, read="redshift")
    if lacking := refused(statement, tree):
        raise NotRedshift("Redshift has not: " + ", ".join(lacking))
    for name in tree.find_all(exp.Identifier):  # Redshift makes names lower case, also between quotes
        name.set("this", name.name.lower())
    for kind in list(tree.find_all(exp.DataType)):
        if kind.this is exp.DataType.Type.TEXT:
            kind.replace(exp.DataType.build(f"varchar({TEXT_BYTES})", dialect="postgres"))
    return tree.sql(dialect="postgres", comments=False)
