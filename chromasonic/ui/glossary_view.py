"""The list of technical words, to which pages link by anchors."""

from __future__ import annotations

from html import escape

import streamlit as st

from chromasonic.results.study_list import plain
from chromasonic.ui.wording import glossary as words

_LOOKS = """<style>
dl.glossary dt { font-weight: 600; scroll-margin-top: 5rem; }
dl.glossary dd { margin: 0 0 0.7rem; }
</style>"""


def show_glossary() -> None:
    """All the words, by the alphabet of the reader's language."""
    st.header(words.TITLE, anchor=False)
    _show_terms()


def offer_glossary() -> None:
    """The same, folded away at the end of a page that uses such words."""
    with st.expander(words.TITLE, icon=":material/menu_book:"):
        _show_terms()


def _show_terms() -> None:
    st.caption(words.ABOUT)
    terms = sorted(words.TERMS.items(), key=lambda item: plain(item[1][0].lstrip(".")))
    told = (f'<dt id="{anchor}">{escape(term)}</dt><dd>{escape(meaning)}</dd>' for anchor, (term, meaning) in terms)
    st.html(f'{_LOOKS}<dl class="glossary">{"".join(told)}</dl>')
