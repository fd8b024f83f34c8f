"""Search: say how thoroughly to look for the settings that suit the chosen music, and start."""

import streamlit as st

from chromasonic.music.sets import MusicSet
from chromasonic.results.words import count
from chromasonic.ui import actions, context, errors, glossary_view, shell
from chromasonic.ui.wording import search as words


def show_music(music: MusicSet) -> None:
    """What the search will learn from, and the way back to choose something else."""
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        about = words.LEARNS_FROM.format(
            name=errors.escaped(music.name),
            tunes=count(len(music.melodies), "tune"),
            notes=count(music.n_notes, "note"),
        )
        st.markdown(about, width="stretch")
        st.page_link(shell.MUSIC.file, label=words.CHANGE_MUSIC, icon=shell.MUSIC.icon)


def set_up_search(music: MusicSet) -> None:
    """The questions, the estimate and the button; the few words that matter stand above the many."""
    from chromasonic.ui import estimate_view, next_search, search_form, search_start

    begin_with = None
    search_form.say_copied(music)
    preset = search_form.choose_preset(music)
    summary = st.container()
    try:
        settings, problem = search_form.ask_settings(preset, music), ""
        search_form.keep_answers(settings)
    except search_form.ImpossibleError as impossible:
        reason = errors.escaped(errors.told(impossible.reason))
        settings, problem = None, words.IMPOSSIBLE.format(section=impossible.section, reason=reason)
    with summary:
        default = search_form.proposed_name(music) or search_start.default_name(music)
        name = st.text_input(words.NAME, default, max_chars=200, key=f"name {default}", help=words.NAME_HELP)
        if settings is None:
            st.warning(problem, icon=":material/error:")
        else:
            estimate = st.container()
            begin_with = search_form.ask_beginning(settings)
            taken = search_form.what_is_taken_along(begin_with, settings, music)
            next_search.say_taken_along(settings, len(taken))
            with estimate:
                estimate_view.show_estimate(
                    settings,
                    music,
                    stays=not st.session_state.get("start"),
                    taken_along=taken,
                    shown=search_form.what_it_has_shown(begin_with, settings, music),
                )
        if full := actions.full():
            st.info(errors.escaped(errors.told(full)), icon=shell.PROGRESS.icon)
        for lesson, other in [] if full else actions.busy():
            running = errors.escaped(other[:1].upper() + other[1:])
            st.info(words.ALREADY[lesson].format(name=running), icon=shell.PROGRESS.icon)
        is_shared = bool(context.workspace().storage)
        is_for_workers = is_shared and not st.toggle(words.HERE_TOO, key="here too", help=words.HERE_TOO_HELP)
        if st.button(words.START, type="primary", disabled=settings is None, icon=":material/play_arrow:", key="start"):
            with errors.shown_plainly():
                search_start.start(name, music, settings, begin_with, is_for_workers=is_for_workers)
                search_form.forget_proposal()
                context.go_to(shell.PROGRESS)


shell.enter()
st.title(words.TITLE, anchor=False)
st.write(words.INTRODUCTION)
music = context.chosen_music()
show_music(music)
shell.wait_for_models()
set_up_search(music)
glossary_view.offer_glossary()
