"""What the page and the Markdown report say of themselves, each put into the language of now when it is asked for."""

from __future__ import annotations

from chromasonic.languages import Translated, say
from chromasonic.results.contents import RANKS, Contents
from chromasonic.results.finding import Kind

HEADINGS = Translated(
    {
        Kind.CAUTION: "Read with care",
        Kind.WON: "What it means",
        Kind.MATTERED: "What mattered",
        Kind.NEXT: "What to try next",
    }
)
"""Of the findings, in the order in which they are told."""

WORDS = Translated(
    {
        "no_name": "A search",
        "page_title": "{name} – what Chromasonic found",
        "brand": "Chromasonic · the report of a search",
        "written": "Written",
        "how_good": "How good is it?",
        "on_held_out": "On the tunes that were held out for the end.",
        "on_validation": "On the tunes by which the search chose.",
        "read_bars": "The shorter the bar, the less surprised the model is by what comes next.",
        "model": "Model",
        "loss": "Loss",
        "loss_in_nats": "Loss (nats per token)",
        "chance": "What really comes next gets from the best trial",
        "the_best_trial": "the best trial",
        "spread": "Its loss on the held-out tunes is {spread} nats per token.",
        "songs": "Hear it getting better",
        "about_songs": "Each time a model was the best so far, it sang: always from the same opening and with the same "
        "throws of the dice, so what changes from song to song comes from the settings alone. In the pictures time "
        "runs to the right and pitch upwards; the notes in orange are the opening that every model was given.",
        "song_loss": "Validation loss {loss:.3f}",
        "score": "Sheet music of the song of trial {number}",
        "best_settings": "The best settings",
        "plain": "In plain words",
        "term": "Its term",
        "best_value": "Best value",
        "steps": "Each new best on the way",
        "history": "How the search went",
        "every_trial": "Every trial.",
        "read_history": "Each point is one trial, in the order they were tried; the line is the best so far.",
        "curves": "How they learned.",
        "read_curves": "Each line is one model, getting better from pass to pass. One that levels off has learned "
        "what it can.",
        "axes": "to the right: {across} · upwards: loss in nats per token, lower is better",
        "importance": "How much each setting mattered",
        "setting": "Setting",
        "share": "Share",
        "ranking": "The best trials, best first",
        "rank": "Rank",
        "trial": "Trial",
        "best_epoch": "Best epoch",
        "time": "Time",
        "parameters": "Parameters",
        "seconds": "{s} s",
        "terms": "In plain words: {terms}; parameters – how many numbers the model adjusts while it learns.",
        "unfinished": "Trials that did not finish",
        "to_repeat": "To repeat it",
        "what": "What",
        "value": "Value",
        "how_to_repeat": "The same music (its fingerprint tells), seed and versions give the same search. Every trial "
        "and the ranges searched stand in optimization_results.json.",
        "complete": "This page is complete: it needs no network and sends nothing anywhere.",
    }
)


def ranking_title(contents: Contents) -> str:
    """`The 10 best trials of 1,024 that finished`."""
    n, n_ranked = len(contents.ranking), contents.n_ranked
    if n == 1:
        return say("The best trial")
    if n_ranked > RANKS:
        return say("The {n} best trials of {n_ranked:,} that finished", n=n, n_ranked=n_ranked)
    return say("The {n} best trials", n=n)
