"""Listen: the tuned model composes; hear it, see it, take it home."""

import streamlit as st

from chromasonic.errors import SettingsError
from chromasonic.ui import composing, context, errors, listen_view, shelf_view, shell
from chromasonic.ui.wording import listen as words

shell.enter()
st.title(words.TITLE, anchor=False)
search = context.chosen_search()
st.write(words.INTRODUCTION.format(music=errors.escaped(search.record().music)))

if not search.is_melodic:
    st.info(words.CANNOT_SING, icon=shell.LISTEN.icon)
    if st.button(words.CHOOSE_MUSIC, type="primary", icon=shell.MUSIC.icon, key="music"):
        context.go_to(shell.MUSIC)
    st.stop()

models = composing.kept_models(search)
if not models:
    st.info(words.NO_MODEL, icon=shell.PROGRESS.icon)
    if st.button(words.WATCH, type="primary", icon=shell.PROGRESS.icon, key="watch"):
        context.go_to(shell.PROGRESS)
    st.stop()

model = listen_view.ask_model(search, models)
try:
    config, opening = listen_view.ask_how(search)
except SettingsError as error:
    errors.show(error)
    shelf_view.show_shelf(search.folder.name)
    st.stop()
compose_key = f"compose {search.id}"  # a press meant for a search that is gone is not one for the search shown instead
if st.button(words.COMPOSE, type="primary", icon=":material/music_note:", key=compose_key):
    with errors.shown_plainly(), st.spinner(words.COMPOSING):
        listen_view.compose(search, model, config, opening)
composition = listen_view.remembered(search)
if composition is not None:
    listen_view.show_composition(
        search, composition, another=lambda: listen_view.sung_once(search, model, config, opening)
    )
shelf_view.show_shelf(search.folder.name)
