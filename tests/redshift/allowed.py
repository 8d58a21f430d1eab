"""What of SQL Redshift has, of what our models use: by the Amazon Redshift Database Developer Guide.

The lists hold what we use and no more: what is new in a model is looked up in the guide before it is added here.
"""

import itertools
from collections.abc import Iterator

from sqlglot import exp
from sqlglot.dialects import Redshift
from sqlglot.tokens import TokenType

# As they are spelt, and what sqlglot takes them for, which knows several names for one thing; Redshift has not all.
FUNCTIONS = {
    "abs": exp.Abs,
    "avg": exp.Avg,
    "cast": exp.Cast,
    "ceil": exp.Ceil,
    "coalesce": exp.Coalesce,
    "count": exp.Count,
    "date_trunc": exp.TimestampTrunc,
    "dateadd": exp.TsOrDsAdd,
    "datediff": exp.TsOrDsDiff,
    "extract": exp.Extract,
    "floor": exp.Floor,
    "getdate": exp.CurrentTimestamp,
    "greatest": exp.Greatest,
    "json_array_length": exp.Anonymous,
    "json_extract_array_element_text": exp.Anonymous,
    "json_extract_path_text": exp.JSONExtractScalar,
    "lag": exp.Lag,
    "lead": exp.Lead,
    "least": exp.Least,
    "left": exp.Left,
    "length": exp.Length,
    "max": exp.Max,
    "min": exp.Min,
    "mod": exp.Mod,
    "nullif": exp.Nullif,
    "percentile_cont": exp.PercentileCont,
    "regexp_substr": exp.RegexpExtract,
    "right": exp.Right,
    "round": exp.Round,
    "row_number": exp.RowNumber,
    "rtrim": exp.Trim,
    "sqrt": exp.Sqrt,
    "substring": exp.Substring,
    "sum": exp.Sum,
    "to_char": exp.TimeToStr,
}
# What else may stand before a parenthesis.
WORDS = {
    *("all", "and", "as", "between", "by", "case", "distinct", "else", "except", "exists", "from", "group", "having"),
    *("in", "is", "join", "key", "not", "on", "or", "over", "select", "then", "union", "using", "values", "when"),
    *("where", "with", "numeric", "varchar"),
}

# Statements, clauses, operators and literals.
NODES = {
    *(exp.Select, exp.With, exp.CTE, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered),
    *(exp.Distinct, exp.Union, exp.Subquery, exp.Exists, exp.Limit, exp.Table, exp.TableAlias, exp.Alias, exp.Star),
    *(exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Var, exp.Paren, exp.Tuple),
    *(exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.Between, exp.Like, exp.If),
    *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE),
    *(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.DPipe, exp.AtTimeZone, exp.Case),
    *(exp.Window, exp.WindowSpec, exp.WithinGroup, exp.DataType, exp.DataTypeParam),
    *(exp.Create, exp.Insert, exp.Delete, exp.Schema, exp.ColumnDef, exp.ColumnConstraint, exp.Values),
    *(exp.NotNullColumnConstraint, exp.PrimaryKeyColumnConstraint, exp.PrimaryKey, exp.IndexParameters),
    *(exp.Properties, exp.TemporaryProperty),
}
TYPES = {"BIGINT", "BOOLEAN", "DATE", "DECIMAL", "DOUBLE", "INT", "TEXT", "TIMESTAMP", "TIMESTAMPTZ", "VARCHAR"}
DATE_PARTS = {"DAY", "DOY", "HOUR", "MICROSECOND", "MINUTE", "MONTH", "SECOND", "WEEK", "YEAR"}
AGGREGATES = (exp.Avg, exp.Count, exp.Max, exp.Min, exp.Sum)


def refused(statement: str, tree: exp.Expression) -> list[str]:
    """What of a statement Redshift lacks, or does otherwise than our models mean, in words; none where all is well.

    tree: sqlglot's, of the statement.
    """
    return sorted({*_misspelt(statement), *_unknown(tree), *_rules(tree)})


def _misspelt(statement: str) -> Iterator[str]:
    tokens = Redshift().tokenize(statement)
    for token, following in itertools.pairwise(tokens):
        name = token.text.lower()
        is_word = token.token_type not in (TokenType.IDENTIFIER, TokenType.STRING) and name.isidentifier()
        if following.token_type == TokenType.L_PAREN and is_word and name not in FUNCTIONS and name not in WORDS:
            yield f"the function {name}"


def _unknown(tree: exp.Expression) -> Iterator[str]:
    known = NODES.union(FUNCTIONS.values())
    for node in tree.walk():
        if isinstance(node, exp.DataType) and node.this.name not in TYPES:
            yield f"the type {node.sql('redshift').lower()}"
        elif type(node) not in known:
            yield type(node).__name__.lower()


def _rules(statement: exp.Expression) -> Iterator[str]:
    """What the pages of the guide say of the use of what there is."""
    for node in statement.find_all(exp.Extract, exp.TsOrDsAdd, exp.TsOrDsDiff, exp.TimestampTrunc):
        part = node.this if isinstance(node, exp.Extract) else node.args.get("unit")
        if part is not None and part.name.upper() not in DATE_PARTS:
            yield f"the date part {part.name.lower()}"
    for distinct in statement.find_all(exp.Distinct):
        if distinct.args.get("on"):
            yield "distinct on"
    for kind in statement.find_all(exp.DataType):
        if kind.this is exp.DataType.Type.DECIMAL and not kind.expressions:
            yield "numeric without digits, which is of whole numbers"
    for mean in statement.find_all(exp.Avg):
        if not (isinstance(mean.this, exp.Cast) and mean.this.to.this is exp.DataType.Type.DOUBLE):
            yield "avg() of what is no real number, which keeps no more digits than that has"
    for window in statement.find_all(exp.Window):
        if window.args.get("alias") or (window.args.get("over") and window.name and not window.this):
            yield "a named window"
        aggregates = isinstance(window.this, AGGREGATES)
        if aggregates and window.args.get("order") and not window.args.get("spec"):
            yield "an aggregate over an order without a frame"
    for select in statement.find_all(exp.Select):
        if select.args.get("windows"):
            yield "a named window"
        yield from _sorted_aggregates(select)


def _sorted_aggregates(select: exp.Select) -> Iterator[str]:
    """Those of one select share their order, and stand with no aggregate of distinct values."""
    own = [node for part in select.expressions for node in part.find_all(exp.WithinGroup)]
    if len({node.expression.sql() for node in own}) > 1:
        yield "percentiles over different orders in one select"
    if own and any(count.find(exp.Distinct) for part in select.expressions for count in part.find_all(exp.Count)):
        yield "a percentile beside a count of distinct values"
