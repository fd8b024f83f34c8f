"""From settings and music to a search that runs."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from chromasonic.languages import day
from chromasonic.melody_generation.datasets import prepare
from chromasonic.melody_generation.hyperparameter_search.catalogue import create_search, free_name
from chromasonic.melody_generation.hyperparameter_search.search import Search
from chromasonic.melody_generation.hyperparameter_search.settings import SearchSettings
from chromasonic.melody_generation.hyperparameter_search.storage import open_database
from chromasonic.melody_generation.models.ngram import compute_baselines
from chromasonic.music.sets import MusicSet
from chromasonic.ui import actions, context, login
from chromasonic.ui.wording import search as words


def default_name(music: MusicSet) -> str:
    """The music and the date, with a number behind it when there is a search of that name."""
    now = datetime.now()
    name = words.DEFAULT_NAME.format(music=music.name, when=day(now))
    return free_name(name, open_database(context.workspace().storage_url))


def start(
    name: str,
    music: MusicSet,
    settings: SearchSettings,
    begin_with: Search | None = None,
    *,
    is_for_workers: bool = False,
) -> Search:
    """Create the search and run it in the background, saying what takes time meanwhile; see `create_search`.

    With `is_for_workers` it only waits for them; they may come from other machines.

    Raises:
        ChromasonicError: the music is too little, the name cannot be used, or as many searches run as may.
    """
    if not is_for_workers:
        actions.refuse_when_full()  # before anything is made
    with st.spinner(words.DEALING):
        data = prepare(music.melodies, music.name, seed=settings.seed)
    with st.spinner(words.COUNTING):
        baselines = compute_baselines(data)
    with st.spinner(words.STARTING):
        search = create_search(
            name,
            data,
            settings,
            workspace=context.workspace(),
            baselines=baselines,
            begin_with=begin_with,
            owner=login.person(),
        )
        if not is_for_workers:
            actions.go_on(search)
    context.choose_search(search.name)
    return search
