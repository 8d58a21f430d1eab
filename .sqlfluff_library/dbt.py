"""`dbt.anything(…)` for what sqlfluff renders: a call of that name, or of a type its name without `type_`."""

from collections.abc import Callable


def __getattr__(name: str) -> Callable[..., str]:
    if name.startswith("__"):
        raise AttributeError(name)
    if name.startswith("type_"):
        return lambda: name.removeprefix("type_")
    return lambda *args, **kwargs: f"{name}({', '.join(map(str, (*args, *kwargs.values())))})"
