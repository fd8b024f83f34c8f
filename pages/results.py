"""Results: what won, by how much over honest baselines, what mattered, and what to try next."""

import streamlit as st

from chromasonic.results.words import count, duration, sides
from chromasonic.ui import (
    context,
    ensemble_view,
    errors,
    final_view,
    glossary_view,
    next_search,
    remarks_view,
    results_view,
    search_controls,
    shell,
)
from chromasonic.ui.search_controls import AT_WORK
from chromasonic.ui.wording import results as words

shell.enter()
st.title(words.TITLE, anchor=False)
search = context.chosen_search(words.PURPOSE)
record = search.record()
about = (words.ABOUT if record.n_tried else words.ABOUT_NOTHING).format(
    name=errors.escaped(record.name),
    music=errors.escaped(record.music),
    trials=count(record.n_tried, "trial"),
    time=duration(context.elapsed(search)),
)
st.write(about)
if dealt := sides(record):
    st.caption(words.SIDES.format(sides=dealt))

if record.best is None:
    nothing = words.STOPPED_EARLY if record.only_rests else words.NOTHING
    st.info(words.NOTHING_YET if record.state in AT_WORK else nothing, icon=shell.PROGRESS.icon)
    if record.n_finished:
        results_view.show_findings(record, None)
    label = words.TO_GO_ON if record.only_rests else words.WATCH
    if st.button(label, type="primary", icon=shell.PROGRESS.icon, key="watch"):
        context.go_to(shell.PROGRESS)
    shell.end_page()

if record.state in AT_WORK:
    st.info(words.STILL_RUNNING, icon=shell.PROGRESS.icon)
elif record.was_cut_short:
    st.info(words.CUT_SHORT, icon=shell.PROGRESS.icon)

from chromasonic.melody_generation.hyperparameter_search.evaluation import held_out_scores  # noqa: E402 – loads torch

verdict = st.container()
with st.container(horizontal=True):
    if st.button(words.LISTEN, type="primary", icon=shell.LISTEN.icon, key="listen"):
        context.go_to(shell.LISTEN)
    if st.button(words.STORY, icon=shell.STORY.icon, key="story"):
        context.go_to(shell.STORY)
    search_controls.offer_to_go_on(search, record)
test = None
with verdict, errors.shown_plainly(), st.spinner(words.MEASURING):  # whoever is in a hurry need not wait for it
    test = held_out_scores(search)
with verdict:
    results_view.show_verdict(record, test)
results_view.show_songs(search, record)
told = results_view.show_findings(record, test)
search_controls.offer_to_go_on(search, record, key="resume as advised")  # which is the last thing they say
next_search.offer_next_search(search, told)
next_search.offer_copy(search)
results_view.show_best_settings(record.best)
st.header(words.REMARKS, anchor=False)
remarks_view.show_remarks(search, place="study")
results_view.offer_downloads(search)
ensemble_view.offer_ensemble(search)
final_view.offer_final(search)
results_view.show_leaderboard(search, record)
results_view.show_slice(record)
results_view.show_timeline(record)
glossary_view.offer_glossary()
