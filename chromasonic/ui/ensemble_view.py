"""The best models together: what they gain over the best one alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from chromasonic.languages import sentences
from chromasonic.results.certainty import verdict
from chromasonic.results.words import count
from chromasonic.ui import actions, errors
from chromasonic.ui.wording import ensemble as words

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.ensemble import Together
    from chromasonic.melody_generation.hyperparameter_search.search import Search


def offer_ensemble(search: Search) -> None:
    """Explain it, try it when asked, and say what came of it."""
    from chromasonic.melody_generation.hyperparameter_search.ensemble import candidates, known_ensemble

    if len(candidates(search)) < 2:
        return
    together = known_ensemble(search)
    if together is None and not actions.is_allowed(search):
        return
    st.header(words.TITLE, anchor=False)
    st.write(words.ABOUT)
    if together is None and st.button(words.TRY, icon=":material/groups:", key="sing together"):
        with errors.shown_plainly(), st.spinner(words.TRYING):
            actions.let_sing_together(search)
            together = known_ensemble(search)
    if together is not None:
        _show(together)


def _show(together: Together) -> None:
    if together.n == 1:
        alone, two = together.validation[:2]
        told = [words.ALONE.format(tried=count(len(together.validation), "model"), alone=alone, two=two)]
        if together.test is not None and together.test_alone is not None:
            told.append(words.ALONE_ON_TEST.format(alone=together.test_alone, two=together.test))
        st.info(sentences(told), icon=":material/person:")
        return
    together_loss, alone = together.validation[together.n - 1], together.validation[0]
    st.markdown(words.ON_VALIDATION.format(n=together.n, together=together_loss, alone=alone))
    if together.test is not None and together.test_alone is not None:
        st.markdown(words.ON_TEST.format(together=together.test, alone=together.test_alone))
    if together.better_by is not None:
        st.markdown(verdict("alone", together.better_by))
    st.success(words.READY.format(n=together.n), icon=":material/check:")
