"""The list of studies: found by words and filters, in the order that is asked for."""

from datetime import UTC, datetime

import pytest

from chromasonic.people import Person
from chromasonic.results.labels import Labels
from chromasonic.results.records import SearchState
from chromasonic.results.study_list import ListedStudy, Order, Wanted, found, in_order

ANNA = Person("anna", "Anna")


def study(id, name, day, loss=None, **about):
    usual = {
        "music": "Ryan's", "state": SearchState.FINISHED, "n_tried": 3, "n_trials": 3, "total_time": 1.0,
        "families": ("lstm",),
    }  # fmt: skip
    return ListedStudy(id=id, name=name, created=datetime(2026, 1, day, tzinfo=UTC), best_loss=loss, **(usual | about))


REELS = study(1, "Reels", 1, 2.5, labels=Labels(True, ("fast", "band")), note="Swings\nbest")
ETUDE = study(2, "Étude", 2, 1.5, music="Études de Paris", owner=ANNA, families=("gru", "rnn"))
JIGS = study(3, "jigs", 3, state=SearchState.RUNNING, labels=Labels(False, ("fast",)))
ALL = [JIGS, ETUDE, REELS]


@pytest.mark.parametrize(
    "wanted, fits",
    [
        (Wanted(), [JIGS, ETUDE, REELS]),
        (Wanted(words="  "), [JIGS, ETUDE, REELS]),
        (Wanted(words="reels"), [REELS]),
        (Wanted(words="etude"), [ETUDE]),
        (Wanted(words="PARIS étu"), [ETUDE]),
        (Wanted(words="best band ryan"), [REELS]),
        (Wanted(words="best jigs"), []),
        (Wanted(words="reels ryan's swings"), [REELS]),
        (Wanted(only_starred=True), [REELS]),
        (Wanted(states=[SearchState.RUNNING]), [JIGS]),
        (Wanted(states=[SearchState.RUNNING, SearchState.FINISHED]), [JIGS, ETUDE, REELS]),
        (Wanted(tags=["fast"]), [JIGS, REELS]),
        (Wanted(tags=["fast", "band"]), [REELS]),
        (Wanted(families=["rnn", "transformer"]), [ETUDE]),
        (Wanted(owners=["anna"]), [ETUDE]),
        (Wanted(owners=[None]), [JIGS, REELS]),
        (Wanted(words="jigs", only_starred=True), []),
    ],
)
def test_what_is_looked_for_is_found(wanted, fits):
    assert found(ALL, wanted) == fits


@pytest.mark.parametrize(
    "order, studies",
    [(Order.NEWEST, [JIGS, ETUDE, REELS]), (Order.BEST, [ETUDE, REELS, JIGS]), (Order.NAME, [ETUDE, JIGS, REELS])],
)
def test_studies_stand_in_the_order_that_is_asked_for(order, studies):
    assert in_order(sorted(ALL, key=lambda one: one.id), order) == studies
