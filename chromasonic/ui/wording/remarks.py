"""Words about notes, tags and stars."""

STAR = ":material/star: Star"
STAR_HELP = "Marks it as a favourite."
STARRED = "★"
TAGS = "Tags"
TAGS_PLACEHOLDER = "Choose or write one"
TAGS_HELP = (
    "A few words to find it by, such as “for the band”. Choose one that is there already, or write a new one and press "
    "Enter."
)

WRITE = "Write a note"
EDIT = "Edit the note"
NOTE_OF_SEARCH = "Note on this search"
NOTE_OF_TRIAL = "Note on trial {number}"
NOTE_ABOUT = (
    "Up to {n:,} characters. Markdown works (**bold**, *italic*, - lists); pictures are shown as links. "
    "optuna-dashboard shows the same note."
)
SAVE = "Save the note"
CANCEL = "Leave it as it was"
THEIRS = "What stands there now:"
THEIRS_EMPTY = "What stands there now: nothing, for the note was deleted."
SAVED = "The note was saved."
DELETED = "The note was deleted."
BRING_BACK = "Bring back what stood there"
DISCARDED = "What you had written was not saved."
WRITE_ON = "Go on writing it"
