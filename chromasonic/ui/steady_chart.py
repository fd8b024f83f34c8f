"""A chart that is drawn anew while one looks at it closely, and stays at the part that one looks at.

`st.plotly_chart` makes another chart whenever its data change, and what was zoomed is lost. This one hands the new
figure to the chart that is there (`assets/steady_chart.js`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import resources
from importlib.metadata import version
from pathlib import Path

import streamlit as st
from streamlit.components.v1 import declare_component

from chromasonic.results.ink import Chart
from chromasonic.ui.wording import progress as words

_ASSETS = Path(__file__).parent / "assets"
_component = st.components.v2.component(
    "chromasonic_steady_chart",
    html='<div class="steady-chart"></div>\n',
    css=(_ASSETS / "steady_chart.css").read_text(encoding="utf-8"),
    js=(_ASSETS / "steady_chart.js").read_text(encoding="utf-8"),
    isolate_styles=False,  # Plotly's own stand in the page's head
)


def pack(figure: Chart, alt: str, *, can_zoom: bool = True) -> bytes:
    """All that the browser needs to draw `figure`, and for screen readers to tell `alt`: to be made once for all tabs.

    Args:
        figure: Its axes have ranges.
        alt: The same in words.
        can_zoom: Whether there is more to see from near.
    """
    said = {"whole": words.WHOLE, "withMouse": words.CLOSER_WITH_MOUSE, "withFingers": words.CLOSER_WITH_FINGERS}
    told = {"alt": alt, "library": _address_of_plotly(), "canZoom": can_zoom, "words": said}
    return json.dumps({**told, "figure": figure}, allow_nan=False).encode()


def show_steady_chart(packed: bytes, *, key: str, on_chosen: Callable[[], None] | None = None) -> None:
    """Show what was packed; `on_chosen` finds the x of the point that was clicked in the session, `[key]["chosen"]`."""
    _component(key=key, data=packed, on_chosen_change=on_chosen or _nothing)


def _nothing() -> None:
    """Nobody is told."""


@st.cache_resource(show_spinner=False)
def _address_of_plotly() -> str:
    """Where this server serves the Plotly that came with the Python package.

    Declaring an old kind of component is what makes Streamlit serve a folder; none is ever shown.
    """
    served = declare_component("plotly", path=str(resources.files("plotly") / "package_data"))
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    address = "/".join(["", *([base] if base else []), "component", served.name, "plotly.min.js"])
    return f"{address}?{version('plotly')}"
