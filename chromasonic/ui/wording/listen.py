"""Words on the Listen page."""

from chromasonic.languages import mark
from chromasonic.music.originality import Verdict

TITLE = "Listen"
PURPOSE = "Here the models that a search found make up new melodies, to hear, to see and to take home."
INTRODUCTION = "The model that learned from **{music}** makes up new melodies, one after another, note by note."
NO_MODEL = "No model is kept yet: the first one comes with the first finished trial. It will not be long."
STOPPED_EARLY = (
    "The search was stopped before a trial had been trained to its end, so there is no model to hear yet. What rests "
    "has lost nothing: let the search go on."
)
WATCH = "Watch the search"
TO_GO_ON = "Go on with the search"
CANNOT_SING = (
    "This search learned from practice melodies: made-up rows of numbers that show whether a model can learn at all. "
    "They have neither rhythm nor rests, so there is nothing to sing. Choose some real music, search for the settings "
    "that suit it, and its models will sing here."
)
CHOOSE_MUSIC = "Choose your music"

MODEL = "Who sings · *model*"
MODEL_HELP = (
    "The final model if you trained one, the best of the search, any other that was kept, or one from the Models page."
)
# What a model is called is kept with its melodies, and said anew in the language of whoever looks at them.
FINAL = mark("The final model, trained on all the music")
BROUGHT = mark("“{name}”, one of your finished models")
TOGETHER = mark("The best {n} together")
BEST = mark("The best: trial {number} (loss {loss:.2f})")
OTHER = mark("Trial {number} (loss {loss:.2f})")
UNTUNED = mark("The default settings: trial {number} (loss {loss:.2f})")
TEMPERATURE = "How adventurous · *temperature*"
TEMPERATURE_HELP = (
    "1 is as adventurous as the music it learned from. Lower keeps to the beaten track; higher takes more risks, and "
    "sometimes wrong notes."
)
BARS = "How long · *bars*"
VARIATIONS = "How many melodies · *variations*"
MORE = "Opening, key, range, meter, tempo and chance"
PRIMER = "Begin with · *primer*"
PRIMER_HELP = (
    "The model hears it and goes on from there. It opens each melody; as many bars as you ask for above follow it."
)
NO_PRIMER = "Nothing: a fresh start"
OF_MY_MUSIC = "A tune of yours"
OF_MY_FINGERS = "Notes that you play here"
OF_MY_SHELF = "A melody that you kept"
TUNE = "Tune"
KEPT_MELODY = "Kept melody"
SHELF_EMPTY = "You have kept no melody yet: “Keep” stands with each new one. Until then they start afresh."
PRIMER_GONE = "The music of this search is not among your saved music, so there is no tune to begin with."
PRIMER_BARS = "Bars of it to begin with"
KEY = "Key"
AS_IT_COMES = "As it comes"
KEY_HELP = (
    "The model sings in the keys of the music it learned. In a key that you choose it keeps to the notes of its scale, "
    "and all of it is moved there, the tune it begins with too. Notes that you play here stay as you play them."
)
RANGE = "Lowest and highest note"
RANGE_HELP = "What the model adds stays between them. What it begins with is left as it is."
METER = "Meter"
METER_HELP = "How long a bar is."
TEMPO = "Tempo (quarter notes per minute)"
SEED = "Where chance starts · *seed*"
SEED_HELP = (
    "The same seed and settings give the same melodies. It counts up with each press, so that the next are others."
)
COMPOSE = "Compose"
COMPOSING = "Composing …"

MELODIES = "New melodies"
MADE_BY = "{model} · adventurous {temperature:g} · seed {seed}, melody {variation}"
WITH_OPENING = "{yours} of yours, orange in the picture; then {more} by the model."
WITH_UPBEAT = "An upbeat and {yours} of yours, orange in the picture; then {more} by the model."
WHICH = "Melody"

KEEP = "Keep"
IS_KEPT = "Kept"
IS_KEPT_HELP = "It stands on your shelf, at the end of this page, as “{name}”."
KEPT_NOW = "“{name}” is on your shelf, at the end of this page."
ANOTHER = "Another in its place"
ANOTHER_HELP = "One new melody, with the settings as they stand above now. The others stay."
DISCARD = "Discard"
DISCARDED = "Melody {number} was discarded."
REPLACED = "Another melody stands in place of melody {number}."
BRING_BACK = "Bring it back"

SHELF = "Your shelf · {n:,} kept"
DAMAGED = "{name} (damaged)"
DAMAGED_ABOUT = "The file of this melody is damaged and cannot be opened. All that is left is to delete it."
CONTINUE = "Continue from it"
CONTINUE_HELP = "The next melodies begin with it. Press Compose above when everything else is as you like it."
CONTINUES = "The next melodies begin with “{name}”. Press Compose when you are ready."
RENAME = "Rename …"
DELETE = "Delete"
DELETED = "“{name}” was deleted."
DOWNLOAD_ALL = "Download all (MIDI, MusicXML, ABC)"
DOWNLOAD_ALL_HELP = "One zip file with every melody as MIDI, MusicXML and ABC, and how each was made."
RENAME_TITLE = "Rename this melody"
KEPT_ON = "kept on {when}"
MADE_IN = "search “{search}”"
ADVENTUROUS = "adventurous {temperature:g}"
SEED_OF = "seed {seed}, melody {variation}"
BEGAN_WITH = "began with {title}"
NOTES_PLAYED = "notes that you played"

AVOID_COPIES = "Do not copy long passages"
AVOID_COPIES_HELP = (
    "Models sometimes sing what they know by heart. With this on, no more notes in a row than you say will be like "
    "those of a tune the model learned from, in any key, with the same rhythm."
)
LONGEST_COPY = "Notes in a row at most"

ORIGINALITY = "Is it new? · *originality*"
COMPARING = "Comparing it with the music it learned from …"
NOTHING_TO_COMPARE = "The music that this search learned from is gone, so nobody can tell what is new."
TUNES_NOT_HERE = (
    "A finished model brings no tunes along, only prints by which they are known again. While none of those it learned "
    "from is saved here in a music called “{music}”, nobody can tell what is new."
)
NOTHING_KNOWN = "**A melody of its own.** No two notes in a row stand like this in the music it learned from."
VERDICTS = {  # by whether the rhythm is the same too, and by what it says about the melody
    (True, Verdict.OWN): (
        "**A melody of its own.** The longest passage known from elsewhere has {notes}, from {place}. "
        "Tunes of this music share as much with each other; {usual} are usual."
    ),
    (True, Verdict.BORROWS): (
        "**It borrows a little.** The longest passage known from elsewhere has {notes}, from {place}. "
        "Most tunes of this music share less with each other; {usual} are usual."
    ),
    (True, Verdict.COPIES): (
        "**It copies.** The longest passage known from elsewhere has {notes}, from {place}. Hardly any tune "
        "of this music shares so much with the others; {usual} are usual."
    ),
    (True, Verdict.UNKNOWN): (
        "The longest passage known from elsewhere has {notes}, from {place}. There are too few other tunes "
        "to say how usual that is."
    ),
    (False, Verdict.OWN): (
        "**A melody of its own.** With its rhythm no passage is known from elsewhere. Its pitches alone follow {place} "
        "for {notes}; {usual} are usual among tunes of this music."
    ),
    (False, Verdict.BORROWS): (
        "**It borrows a little.** In a rhythm of its own it follows the pitches of {place} for {notes}. "
        "Most tunes of this music share less with each other; {usual} are usual."
    ),
    (False, Verdict.COPIES): (
        "**It copies.** In a rhythm of its own it follows the pitches of {place} for {notes}. Hardly any "
        "tune of this music shares so much with the others; {usual} are usual."
    ),
    (False, Verdict.UNKNOWN): (
        "Its pitches follow {place} for {notes}, in another rhythm. There are too few other tunes to say "
        "how usual that is."
    ),
}
PLACES = {True: "{tune}, bar {bar}", False: "{tune} from bar {bar}"}  # in the first and in the last four of these
ONE_TUNE = "“{title}”"
UNNAMED_TUNE = "a tune whose name is not known"
SEVERAL_TUNES = "{tune} (and {others})"
WHICH_PASSAGE = "The passage and where it is from"
WITH_RHYTHM, PITCHES_ALONE = "With its rhythm: {notes}", "Pitches alone: {notes}"
HERE, THERE = "Here, from bar {bar}", "{tune}, from bar {bar}"
HERE_WITHOUT_BAR = "Here"
PASSAGE_ALT = "Piano roll of the passage: {where}"
PASSAGE_AUDIO_ALT = "Recording of the passage: {where}"

MEASURES = "Is it musical? · *measures*"
READ_MEASURES = (
    "No number knows whether music is good; these say how much a melody is like the tunes the model learned from. The "
    "dot is this melody. The wide bar holds the middle half of those tunes; the thin one the middle half of songs that "
    "need no training, for they only count what follows what (*n-gram*)."
)
READ_MEASURES_ALONE = (
    "No number knows whether music is good; these say how much a melody is like the tunes the model learned from. The "
    "dot is this melody. The bar holds the middle half of those tunes."
)
MEASURES_ALT = "Measures of this melody. {measures}"
MEASURE_ALT = "{name}: {value}, usual is {usual}."
MEASURE_NAMES = {
    "pitch_range": "Range",
    "pitch_class_entropy": "Variety of notes",
    "scale_consistency": "Notes of one scale",
    "note_length_variety": "Variety of lengths",
    "step_share": "Steps",
    "leap_share": "Leaps",
    "repeat_share": "Repeated notes",
    "bar_repetition": "Bars heard before",
}
MEASURE_MEANINGS = {
    "pitch_range": "**Range**, {value}: from its lowest note to its highest. Usual is {usual}.",
    "pitch_class_entropy": (
        "**Variety of notes** (*pitch-class entropy*), {value}: 0 if there were but one, 2.8 if the seven of a scale "
        "came equally often, 3.6 if all twelve did. Usual is {usual}."
    ),
    "scale_consistency": (
        "**Notes of one scale** (*scale consistency*), {value}: how many fit the major or minor scale they fit best; "
        "the others sound foreign. Usual is {usual}."
    ),
    "note_length_variety": (
        "**Variety of lengths** (*entropy of durations*), {value}: 0 if all notes were equally long, 1 if two lengths "
        "came equally often, 2 if four did. Usual is {usual}."
    ),
    "step_share": "**Steps**, {value}: moves to a neighbour, a half or a whole tone away. Usual is {usual}.",
    "leap_share": "**Leaps**, {value}: moves of a third or more, which are harder to sing. Usual is {usual}.",
    "repeat_share": "**Repeated notes**, {value}: moves that stay where they are. Usual is {usual}.",
    "bar_repetition": (
        "**Bars heard before**, {value}: bars that say again what an earlier one said, higher or lower. Tunes return "
        "to what they have said; models forget. Usual is {usual}."
    ),
}
VALUES = {"bits": "{value:.2f} bits", "percent": "{value:.0f} %"}
RANGES = {
    "semitones": "{low:.0f} to {high:.0f} semitones",
    "bits": "{low:.2f} to {high:.2f} bits",
    "percent": "{low:.0f} to {high:.0f} %",
}
