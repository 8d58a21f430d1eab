"""Which ingester the assets use: the environment says."""

import os
from collections.abc import Mapping

from energy_monitor.errors import UserError
from orchestration.ingester import Ingester, InProcess
from orchestration.lambdas import ByLambda

VARIABLE = "ENERGY_MONITOR_INGESTER"
INGESTERS: dict[str, type[Ingester]] = {"process": InProcess, "lambda": ByLambda}


def chosen_ingester(workspace: str, environ: Mapping[str, str] = os.environ) -> Ingester:
    """The one that ENERGY_MONITOR_INGESTER names, by default this process. Raises UserError where it names none."""
    name = environ.get(VARIABLE) or "process"
    if name not in INGESTERS:
        raise UserError(
            f"{VARIABLE} is {name!r}: write process, to ask the sources from Dagster's own, or lambda, or unset it"
        )
    return INGESTERS[name](workspace=workspace)
