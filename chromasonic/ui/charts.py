"""One way to show a chart: with a sentence that says how to read it, and words for those who cannot see it."""

from __future__ import annotations

import streamlit as st

from chromasonic.results.ink import Chart

_CONFIG = {"displayModeBar": False, "displaylogo": False, "scrollZoom": False, "responsive": True}


def is_dark() -> bool:
    """Whether the musician looks at a dark page."""
    return st.context.theme.type == "dark"


def show_chart(
    figure: Chart,
    *,
    alt: str,
    how_to_read: str | None = None,
    key: str | None = None,
) -> None:
    """Show `figure` as drawn, with `how_to_read` above it and `alt` for screen readers."""
    if how_to_read:
        st.caption(how_to_read)
    st.plotly_chart(figure, theme=None, config=_CONFIG, alt=alt, key=key)
