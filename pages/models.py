"""Models: every finished model, kept from a search or brought from elsewhere; hear it, go on training it, share it."""

import streamlit as st

from chromasonic.ui import context, glossary_view, models_view, notices, shell
from chromasonic.ui.wording import models as words

shell.enter()
st.title(words.TITLE, anchor=False)
st.write(words.INTRODUCTION)
notices.show_left()
shell.wait_for_models()

from chromasonic.melody_generation.model_bundle.shelf import list_models  # noqa: E402 – loads torch

models = list_models(context.workspace().models)
if not models:
    st.info(words.EMPTY, icon=shell.MODELS.icon)
    if not context.has_searches():
        context.offer_first_step()
    models_view.offer_bringing(is_primary=context.has_searches())
    shell.end_page()
models_view.show(models_view.ask_which(models))
glossary_view.offer_glossary()
