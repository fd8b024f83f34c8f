"""One way to show a chart: with a sentence that says how to read it, and words for those who cannot see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_CONFIG = {"displayModeBar": False, "displaylogo": False, "scrollZoom": False, "responsive": True}


def is_dark() -> bool:
    """Whether the musician looks at a dark page."""
    return st.context.theme.type == "dark"


def show_chart(
    figure: Figure,
    *,
    alt: str,
    how_to_read: str | None = None,
    key: str | None = None,
) -> None:
    """Show `figure` as drawn, with `how_to_read` above it and `alt` for screen readers."""
    if how_to_read:
        st.caption(how_to_read)
    st.plotly_chart(figure, theme=None, config=_CONFIG, alt=alt, key=key)
