"""What is answered in a widget is handed on, unless the page was left meanwhile."""

from streamlit.testing.v1 import AppTest


def ask(told):
    import streamlit as st

    from chromasonic.ui import answers

    answers.take("gone with its page", told.append)
    st.toggle("Star", key="star", on_change=answers.take, args=["star", told.append])


def test_an_answer_is_handed_on_and_none_of_a_widget_that_is_gone():
    told = []
    app = AppTest.from_function(ask, args=(told,), default_timeout=60).run()
    assert told == [] and not app.error
    app.toggle(key="star").set_value(True).run()
    assert told == [True] and not app.error
