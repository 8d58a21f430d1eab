"""Pages of the dashboard opened without a browser: by their address, with what they say and draw."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
from streamlit.testing.v1 import AppTest

from dashboard import text

APP = str(Path(__file__).resolve().parents[1] / "dashboard" / "app.py")


def shown_page(view: str, window: str | None = None, **asked: str | list[str]) -> AppTest:
    """A page after its script has run, without any exception. `asked` is more that stands in its address."""
    app = AppTest.from_file(APP, default_timeout=60)
    for name, value in {"window": window, **asked}.items():
        if value:
            app.query_params[name] = value
    app.run()
    if view != "now":
        app.switch_page(f"views/{view}.py").run()
    assert not app.exception, [e.message for e in app.exception]
    return app


def words_of(app: AppTest) -> str:
    return "\n".join(
        element.value for kind in (app.title, app.markdown, app.caption, app.warning, app.error) for element in kind
    )


def specs_of(app: AppTest) -> list[dict[str, Any]]:
    """The charts, each with the numbers that go to the browser beside it."""
    protos = [e.proto for e in app.main if e.type in ("arrow_vega_lite_chart", "vega_lite_chart")]
    return [json.loads(p.spec) | {"datasets": {d.name: d.data.data for d in p.datasets}} for p in protos]


def page(view: str, **asked: str | list[str]) -> AppTest:
    """The same of a page on which nothing is wrong."""
    app = shown_page(view, **asked)
    assert not app.error, [e.value for e in app.error]
    return app


def read(words: str) -> str:
    """Words as they are read: without escapes, with ordinary spaces."""
    return text.unescaped(words).replace(text.NBSP, " ")


def read_words(app: AppTest) -> str:
    """All words of a page as they are read."""
    return read(words_of(app))


def drawn(spec: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The numbers that go to the browser beside a chart of `specs_of`."""
    return pa.ipc.open_stream(spec["datasets"][name]).read_all().to_pylist()
