"""What did I just do? A search explained by its own numbers, pictures and sounds."""

import streamlit as st

from chromasonic.ui import context, errors, glossary_view, shell, story_view
from chromasonic.ui.search_controls import AT_WORK
from chromasonic.ui.wording import story as words

shell.enter()
st.title(words.TITLE, anchor=False)
if not context.all_searches():
    st.info(words.NO_SEARCH, icon=shell.STORY.icon)
    context.offer_first_step()
    glossary_view.show_glossary()
    shell.end_page()
search = context.chosen_search(words.NO_SEARCH)
record = search.record()
best = record.best
st.markdown(words.ABOUT.format(name=errors.escaped(record.name)))
if record.state in AT_WORK and best is not None:
    st.info(words.STILL_RUNNING, icon=shell.PROGRESS.icon)
story_view.show_dealt(record)
story_view.show_tried(record, best)
if best is None:
    nothing = words.STOPPED_EARLY if record.only_rests else words.NOTHING
    st.info(words.NOTHING_YET if record.state in AT_WORK else nothing, icon=shell.PROGRESS.icon)
    label = words.TO_GO_ON if record.only_rests else words.WATCH
    if st.button(label, type="primary", icon=shell.PROGRESS.icon, key="watch"):
        context.go_to(shell.PROGRESS)
    glossary_view.show_glossary()
    shell.end_page()

from chromasonic.melody_generation.hyperparameter_search.evaluation import known_scores  # noqa: E402 – loads torch

story_view.show_learned(best)
story_view.show_marked(search, record, best)
story_view.show_stopped(record)
story_view.show_chosen(record)
story_view.show_heard(search, record, best)
story_view.show_trust(record, best, known_scores(search))
with st.container(horizontal=True):
    if st.button(words.TO_LISTEN, type="primary", icon=shell.LISTEN.icon, key="listen"):
        context.go_to(shell.LISTEN)
    if st.button(words.TO_RESULTS, icon=shell.RESULTS.icon, key="results"):
        context.go_to(shell.RESULTS)
glossary_view.show_glossary()
