"""Words on the Music page."""

TITLE = "Your music"
INTRODUCTION = (
    "Choose the tunes that your model will learn from. The more alike they are in style, the better it learns that "
    "style; a few hundred tunes are a good start."
)

WHERE_FROM = "Where the tunes come from"
SOURCES = {
    "collection": "A collection",
    "files": "My own files",
    "both": "Both",
    "saved": "Saved before",
}

COLLECTION = "Collection"
LICENCE = "About its use: {note}"

FILES = "Your files"
FILES_HELP = "Several at once are welcome. A file that cannot be read is listed with its reason; it stops no other."
LIMITS = (
    "MIDI, ABC, MusicXML (.musicxml, .xml, .mxl) and Humdrum kern (.krn). Up to {files} files and {size} MiB at once; "
    "a MIDI file up to {midi} MiB."
)
KEPT_FILES = "{files} kept from before a reload: {names}"
NO_FILES_YET = "Choose one file or more, and their tunes appear here."
FILES_ARRIVE = "Your files are on their way. Their tunes appear here when all have arrived."
TOO_MANY = "{n:,} files are more than the {limit:,} that go in one upload. Take fewer, or a folder at a time."
TOO_LARGE = "{size} MiB are more than the {limit} MiB that go in one upload. Take fewer files at a time."

SAVED = "Saved music"
SAVED_ABOUT = "{tunes} · {notes} · saved {when}"
DAMAGED = "This set is damaged and cannot be opened. Delete it, and save it again from its files or collection."
FROM = "From {sources}"
DELETE = "Delete …"
DELETE_TITLE = "Delete this music?"
DELETE_QUESTION = (
    "“{name}” will be gone for good. Searches that already learn from it keep what they need and are not touched."
)
DELETE_YES = "Delete it"
DELETE_NO = "Keep it"
DELETED = "“{name}” was deleted."

NAME = "Name of this music"
NAME_MISSING = "Give your music a name, and it can be used."
NAME_HELP = "It is saved under this name, so that you can return to it."
OWN_MUSIC = "My music"
WITH_OWN = "{collection} and my own"
USE = "Use this music"
LOOK = "Look and listen first"
READING_BEGINS = "Opening the music …"
READING = "Reading the tunes: {done:,} of {total:,} files"
NOTHING_TO_USE = "There is no tune in these files that a model could learn from. Add files that hold a melody."
NOTHING_READ = "No tune could be read from these files. The reasons are listed below."

TUNES = "The tunes"
SUMMARY = "{tunes} · {notes} · {length} of music"
COPIES = {
    False: "{n:,} of them are the same tune as another, in this or another key. They add little to learn from.",
    True: "One of them is the same tune as another, in this or another key. It adds little to learn from.",
}
HOW_TO_PICK = "Click in front of a tune to see and hear it. Click a heading to sort."
TABLE_ALT = "Table of the tunes: title, key, meter, notes and length of each"
COLUMNS = {"title": "Title", "key": "Key", "meter": "Meter", "notes": "Notes", "length": "Length", "source": "From"}
SECONDS = "%d s"
UNKNOWN = "–"

TRACK = "Track that sings the melody"
TRACK_HELP = "We took the one that looks most like a melody. Choose another if we were wrong."
TRACK_OPTION = "{number}. {name} ({instrument}, {notes:,} notes)"
TRACK_UNNAMED = "unnamed"

SKIPPED = "What was skipped, and why ({n:,})"
NONE_SKIPPED = "Everything was read; nothing was skipped."
