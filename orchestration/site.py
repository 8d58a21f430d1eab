"""The page for everyone as an asset: made again in the run that builds a mart it reads, right after the marts."""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import dagster as dg

import dashboard
from energy_monitor import publishing
from energy_monitor.errors import UserError
from energy_monitor.publishing import publish
from energy_monitor.workspace import Workspace
from ingestion.lake import LakeError
from orchestration.describing import code_metadata

PAGE = dg.AssetKey(["site", "now"])
CHECK = "published"
CODE = [Path(dashboard.__file__).parent / name for name in ("now_answers.py", "static.css")]


def version() -> str:
    """Of the code that is the page's alone: when it has changed, the page is made again."""
    code = [*CODE, *sorted(CODE[0].parent.glob("static_*.py"))]
    return sha256(b"".join(path.read_bytes() for path in code)).hexdigest()[:12]


def site_page(workspace_name: str, read: Sequence[dg.AssetKey], exposure: Mapping[str, Any]) -> dg.AssetsDefinition:
    """The asset `site/now`, and the check that fails where the page could not be made.

    It never fails the run: the marts are built, and nothing of them is to be built again for a page.
    """

    @dg.multi_asset(
        name="site_now",
        specs=[
            dg.AssetSpec(
                PAGE,
                deps=read,
                description=exposure["description"].strip(),
                group_name="dashboard",
                kinds={"python", "html"},
                owners=exposure["meta"]["dagster"]["owners"],
                metadata=code_metadata(Path(publishing.__file__)),
                skippable=True,
                code_version=version(),
            )
        ],
        check_specs=[
            dg.AssetCheckSpec(
                CHECK, asset=PAGE, description="The page of the newest build is in the lake, for all to read."
            )
        ],
    )
    def make(context: dg.AssetExecutionContext) -> Iterator[Any]:
        try:
            done = publish(Workspace(workspace_name))
        except Exception as error:  # whatever it is, it is told here, and the marts are as good as before
            reason = str(error) if isinstance(error, UserError | LakeError) else repr(error)
            context.log.error(f"the page was not published: {reason}", exc_info=not isinstance(error, UserError))
            yield dg.AssetCheckResult(
                check_name=CHECK, asset_key=PAGE, passed=False, description=reason, metadata={"reason": reason}
            )
            return
        yield dg.MaterializeResult(
            PAGE,
            metadata={"place": done.place, "bytes": done.size, "has_data": done.has_data},
            check_results=[dg.AssetCheckResult(check_name=CHECK, asset_key=PAGE, passed=True)],
        )

    return make
