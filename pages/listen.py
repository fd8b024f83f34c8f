"""Listen: the tuned model composes; hear it, see it, take it home."""

import streamlit as st

from chromasonic.errors import SettingsError
from chromasonic.ui import composing, context, errors, glossary_view, listen_view, shelf_view, shell
from chromasonic.ui.home import of_model, of_search
from chromasonic.ui.wording import listen as words

shell.enter()
st.title(words.TITLE, anchor=False)
shell.wait_for_models()
finished = composing.finished_models()
search = context.chosen_search(words.PURPOSE) if not finished or context.has_searches() else None
introduction = st.empty()
kept = composing.kept_models(search) if search and search.is_melodic else []
models = [*kept, *finished]
if not models:
    assert search is not None  # else the musician was sent to make one
    introduction.write(words.INTRODUCTION.format(music=errors.escaped(search.record().music)))
if not models and not search.is_melodic:
    st.info(words.CANNOT_SING, icon=shell.LISTEN.icon)
    if st.button(words.CHOOSE_MUSIC, type="primary", icon=shell.MUSIC.icon, key="music"):
        context.go_to(shell.MUSIC)
    shell.end_page()

if not models:
    only_rests = search.record().only_rests
    st.info(words.STOPPED_EARLY if only_rests else words.NO_MODEL, icon=shell.PROGRESS.icon)
    if st.button(words.TO_GO_ON if only_rests else words.WATCH, type="primary", icon=shell.PROGRESS.icon, key="watch"):
        context.go_to(shell.PROGRESS)
    shell.end_page()

model = listen_view.ask_model(search, models)
home = of_model(model.stored) if model.stored else of_search(search)
introduction.write(words.INTRODUCTION.format(music=errors.escaped(home.music)))
try:
    config, opening = listen_view.ask_how(home)
except SettingsError as error:
    errors.show(error)
    shelf_view.show_shelf(home.folder.name)
    shell.end_page()
compose_key = f"compose {home.folder.name}"  # a press meant for what is gone is not one for what is shown instead
is_new = st.button(words.COMPOSE, type="primary", icon=":material/music_note:", key=compose_key)
if is_new:
    with errors.shown_plainly(), st.spinner(words.COMPOSING):
        listen_view.compose(home, model, config, opening)
composition = listen_view.remembered(home)
if composition is not None:
    listen_view.show_composition(
        home,
        composition,
        another=lambda: listen_view.sung_once(home, model, config, opening),
        plays=is_new,
    )
shelf_view.show_shelf(home.folder.name)
glossary_view.offer_glossary()
