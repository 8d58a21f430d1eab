"""`adapter` for macros that sqlfluff renders: dispatches as dbt does on PostgreSQL, without a database."""

from collections.abc import Callable
from typing import Any

from jinja2 import TemplateRuntimeError, pass_context
from jinja2.runtime import Context


@pass_context
def dispatch(context: Context, macro_name: str, macro_namespace: str | None = None) -> Callable[..., Any]:
    """The macro that dbt would call on PostgreSQL for this name."""
    for name in (f"postgres__{macro_name}", f"default__{macro_name}"):
        if name in context:
            return context[name]
    raise TemplateRuntimeError(f"no macro postgres__{macro_name} or default__{macro_name}")
