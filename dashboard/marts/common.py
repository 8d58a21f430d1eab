"""What every page asks."""

from dashboard.connection import NotBuiltError, Row, rows
from dashboard.kept import kept


@kept
def is_simulated() -> bool:
    """Whether any number is made up. Raises NotBuiltError where nothing was ever loaded."""
    (answer,) = rows("select bool_or(is_simulated) as is_simulated, count(*) as datasets from marts.dim_datasets")
    if not answer["datasets"]:
        raise NotBuiltError
    return bool(answer["is_simulated"])


@kept
def fuels() -> list[Row]:
    """Names, categories and colours, in the order of display."""
    return rows("select * from marts.dim_fuels order by display_order, fuel_code")
