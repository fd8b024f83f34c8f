"""The model card: what a musician should know about a model before using it, in plain words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from chromasonic.checks import instance
from chromasonic.languages import ENGLISH, Translated, comma, day, mark, say, sentences, sign, speaking
from chromasonic.results.certainty import ENOUGH_TO_TELL
from chromasonic.results.words import FAMILIES, count, duration, number, within_a_sentence

from .about import HeldOut, Lesson, ModelAbout

CARD = mark("""\
# {name}

A model that makes up melodies, note by note ({family}). Made with Chromasonic{when}.

## What it learned from

{music}

The tunes themselves are not in this file. There is only a print of each, by which one can tell whether a tune that one
has is among them, and from which nobody can sing it.

## How well it knows such music

{judged}

## What it is for, and what not

It is for finding ideas: let it begin, go on from it, throw away what you do not like. It knows only the kind of music
it learned from, one voice at a time, without words, chords or loudness. Now and then it sings a passage by heart, so
compare what it sings with that music (*originality*) before you call it yours; under which terms you may use it depends
on the rights in the music above, too.

## How it was found

{found}

{settings}

{lessons}

## How to use it

In the app: *Models*, then *Bring a model*. From Python: `example.py` beside this card.
""")

FROM_MUSIC = mark("**{music}**: {tunes}, all of them.")
SOURCES = mark("They come from: {sources}.")
FEW_SOURCES = 12
AND_OTHERS = mark("{n:,} others")

JUDGED = mark(
    "This was measured **before** it learned from everything, with a model of the same settings that had not heard the "
    "{tunes} it was tested on. It guessed each next step with a loss of **{loss:.2f}**{interval} (*held-out test "
    "loss*, nats per token; lower is better). For comparison, on the same tunes:"
)
PARTS = mark(
    "There were too few tunes to hold some back, so it was tested on the ends of the very tunes whose beginnings it "
    "had learned. That is easier than new tunes."
)
INTERVAL = mark(", with 95 % confidence from {low:.2f} to {high:.2f}")
RIVALS = Translated(
    {
        "untuned": "the default settings of Chromasonic: {loss:.2f}",
        "ngram": "counting what follows what (*n-gram*): {loss:.2f}",
        "uniform": "guessing blindly: {loss:.2f}",
    }
)
FEW = mark("By {tunes} nobody can tell yet whether these differences are real.")
LITTLE = mark("Counting alone does better: this model has learned little of its music yet.")
NOT_AGAIN = mark(
    "This model itself has heard all those tunes since, so nothing is left to test it on, and it has no score of its "
    "own. It should be about as good on other tunes of this kind."
)
SINCE = mark("Since that measurement it has gone on learning, too: see its lessons.")
NOT_JUDGED = mark("It was not tested on held-out tunes, so nobody can say how well it does on music it has not heard.")

FOUND = mark("A search tried {trials}{time}{among}. The settings that suited this music best:")
FOUND_BY = mark("The search “{search}” tried {trials}{time}{among}. The settings that suited this music best:")
NOT_FOUND = mark("It is not known which search found its settings.")
LESSONS = mark("Its lessons:")
FIRST_LESSON = mark("- {when}: {tunes} of “{music}”, {epochs} (*times through them*).")
LATER_LESSON = mark("- {when}, gone on with: {tunes} of “{music}”, {epochs} (*times through them*). {judged}")
UNHEARD = mark("On {tunes} it had not heard, its loss went from {before:.2f} to {after:.2f}.")
HEARD = mark(
    "On {tunes} its loss went from {before:.2f} to {after:.2f}; but those it had heard before, or some of them, so "
    "this says how well it remembers, not how well it does on new music."
)


@speaking(ENGLISH)
def model_card(about: ModelAbout) -> str:
    """The card of a model, in Markdown.

    Raises:
        SettingsError: this is no ModelAbout.
    """
    return written(instance("about", about, ModelAbout, "a ModelAbout(…)"), _plain)


def written(about: ModelAbout, escaped: Callable[[str], str]) -> str:
    """The card, with names and titles `escaped` as the place needs it where it is shown."""
    text = say(CARD).format(
        name=escaped(about.name),
        family=FAMILIES.get(about.family, about.family),
        when=say(" on {day}", day=_day(about.created, escaped)) if about.created else "",
        music=_music(about, escaped),
        judged=_judged(about.held_out, has_gone_on=len(about.lessons) > 1),
        found=_found(about, escaped),
        settings="\n".join(_setting(name, value) for name, value in about.params.items()),
        lessons="\n".join([say(LESSONS), "", *_lessons(about, escaped)]) if about.lessons else "",
    )
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text


def _plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    shown = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]()<>#+!|~$:&" else sign for sign in shown)


def _day(written: str, escaped: Callable[[str], str]) -> str:
    """The day of a moment in ISO 8601; one that is written otherwise as it is."""
    try:
        return day(datetime.fromisoformat(written))
    except ValueError:
        return escaped(written[:10])


def _setting(name: str, value: float) -> str:
    return f"- {within_a_sentence(name)}{sign(': ')}{number(float(value))}"


def _music(about: ModelAbout, escaped: Callable[[str], str]) -> str:
    music = about.music
    parts = [say(FROM_MUSIC).format(music=escaped(music.name), tunes=count(music.n_tunes, "tune"))]
    if music.sources:
        named = [escaped(source) for source in music.sources[:FEW_SOURCES]]
        if len(music.sources) > FEW_SOURCES:
            named.append(say(AND_OTHERS).format(n=len(music.sources) - FEW_SOURCES))
        parts.append(say(SOURCES).format(sources=comma().join(named)))
    return "\n\n".join([sentences(parts), *(f"> {escaped(licence)}" for licence in music.licences)])


def _judged(held_out: HeldOut | None, *, has_gone_on: bool) -> str:
    if held_out is None:
        return say(NOT_JUDGED)
    interval = ""
    if held_out.n_tunes > 1 and held_out.low is not None and held_out.high is not None:
        interval = say(INTERVAL).format(low=held_out.low, high=held_out.high)
    told = say(JUDGED).format(tunes=count(held_out.n_tunes, "tune"), loss=held_out.loss, interval=interval)
    rivals = [
        f"- {sentence.format(loss=loss)}"
        for name, sentence in RIVALS.items()
        if (loss := getattr(held_out, name)) is not None
    ]
    remarks = []
    if held_out.n_tunes < ENOUGH_TO_TELL:
        remarks.append(say(FEW).format(tunes=count(held_out.n_tunes, "tune")))
    if held_out.ngram is not None and held_out.ngram < held_out.loss:
        remarks.append(say(LITTLE))
    if held_out.is_of_parts:
        remarks.append(say(PARTS))
    if has_gone_on:
        remarks.append(say(SINCE))
    return "\n".join([told, "", *rivals, "", sentences([*remarks, say(NOT_AGAIN)])])


def _found(about: ModelAbout, escaped: Callable[[str], str]) -> str:
    if not about.n_trials:
        return say(NOT_FOUND)
    names = [FAMILIES.get(family, escaped(family)) for family in about.families]
    return say(FOUND_BY if about.search else FOUND).format(
        search=escaped(about.search),
        trials=count(about.n_trials, "trial"),
        time=say(" in {time}", time=duration(about.search_seconds)) if about.search_seconds else "",
        among=say(", choosing among {families}", families=comma().join(names)) if len(names) > 1 else "",
    )


def _lessons(about: ModelAbout, escaped: Callable[[str], str]) -> list[str]:
    return [
        say(LATER_LESSON if place else FIRST_LESSON)
        .format(
            when=_day(lesson.when, escaped),
            tunes=count(lesson.n_tunes, "tune"),
            music=escaped(lesson.music),
            epochs=count(lesson.epochs, "epoch"),
            judged=judged(lesson),
        )
        .rstrip()
        for place, lesson in enumerate(about.lessons)
    ]


def judged(lesson: Lesson) -> str:
    """What a lesson changed, and how far one may believe it; empty where it was not measured."""
    if lesson.loss_before is None or lesson.loss_after is None:
        return ""
    told = say(UNHEARD if lesson.is_unheard else HEARD)
    return told.format(tunes=count(lesson.n_judged, "tune"), before=lesson.loss_before, after=lesson.loss_after)
