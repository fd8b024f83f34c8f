"""Words for keeping a search as one file and taking it to another machine."""

MOVE = "Keep a copy, or move"
ABOUT = (
    "A search fits into one file, with its trials, the music it learns from, its models and its reports: a backup, or "
    "a way to another computer, where it can go on."
)

EXPORT = "Export …"
BUSY_HELP = "It is running; stop it first. It goes on afterwards from where it was."
EXPORT_TITLE = "Export this search"
EXPORTING = "Putting everything into one file …"
EXPORTED = "“{name}” is ready: {trials}, its music and {models}, {size:.1f} MiB."
DOWNLOAD = "Download the file"

IMPORT = "Import …"
IMPORT_TITLE = "Import a search"
IMPORT_ABOUT = "Choose a file that Chromasonic exported, here or elsewhere. Its name ends in *.chromasonic*."
FILE = "The exported search"
NO_FILE = "choose a file first"
IMPORT_YES = "Import it"
IMPORTED = "“{name}” is here, with {trials}."
