"""What a person says about the songs of a search: theirs alone, so whoever may see the search may say it.

Like `actions.py` this asks who it is each time, for a page that is open need not be one that may stay so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chromasonic.results.ears.comparisons import Answer, Comparisons
from chromasonic.ui import context, login

if TYPE_CHECKING:
    from chromasonic.melody_generation.hyperparameter_search.search import Search


def comparisons(search: Search) -> Comparisons:
    """What whoever is at the page has said: kept with the search, for each person apart.

    Raises:
        SearchNotFoundError: they may not see the search, or no longer.
    """
    context.refuse_strangers(search)
    person = login.person()
    return Comparisons(search.folder / "ears" / f"{person.folder if person else 'mine'}.jsonl")


def answer(search: Search, done: int, left: int, right: int, answer: Answer) -> None:
    """Keep which of two songs they like better, as their answer after `done` others.

    Does nothing where another window, or a second press, has answered already.

    Raises:
        SearchNotFoundError: they may not see the search, or no longer.
        WorkspaceError: the folder of the search cannot be written.
    """
    theirs = comparisons(search)
    if len(theirs.read()) == done:
        theirs.add(left, right, answer)


def take_back(search: Search, done: int) -> None:
    """Forget the last of their `done` answers, unless it is forgotten already. Raises as `answer` does."""
    theirs = comparisons(search)
    if done and len(theirs.read()) == done:
        theirs.undo()
