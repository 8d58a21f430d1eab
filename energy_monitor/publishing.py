"""The page for everyone: Now as files under `site/` in the workspace's lake, for a CDN or any server of files."""

from dataclasses import dataclass

from dashboard import kept
from dashboard.connection import WarehouseError
from dashboard.now_answers import answers
from dashboard.static_page import page
from energy_monitor.clock import now_utc
from energy_monitor.dbt import alone, environment, in_environment
from energy_monitor.errors import UserError
from energy_monitor.workspace import Workspace

PAGE, REFRESHING = "site/index.html", "site/refreshing.html"
MOST_BYTES = 60_000
CONTENT_TYPE = "text/html; charset=utf-8"
CACHE_CONTROL = "public, max-age=60"  # a build comes at most every few seconds, a reader at any


@dataclass(frozen=True)
class Published:
    """What was published: where, how large, and whether it has any numbers."""

    place: str
    size: int
    has_data: bool


def publish(workspace: Workspace) -> Published:
    """Makes the page from the marts, asked as the role reader, and puts it in the place of the one before it.

    Nobody builds meanwhile, so that all numbers are of one moment and an older page never follows a newer one.
    Raises UserError or LakeError; the page before it then stays.
    """
    lake = workspace.lake()
    with alone(workspace):
        now = now_utc()
        kept.forget()  # what this process may have asked before the build
        try:
            with in_environment(environment(workspace, "reader")):
                found = answers(now)
        except WarehouseError as error:
            raise UserError(str(error)) from error
        finally:
            kept.forget()
        files = {key: page(found, now, refreshes=key == REFRESHING).encode() for key in (PAGE, REFRESHING)}
        if (size := len(files[PAGE])) > MOST_BYTES:
            raise UserError(f"the page has {size:,} bytes, and may have {MOST_BYTES:,}: it was not published")
        for key, data in files.items():
            lake.publish(key, data, CONTENT_TYPE, CACHE_CONTROL)
    return Published(f"{lake.uri}/{PAGE}", size, found is not None)
