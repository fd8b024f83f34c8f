"""Words that every page shares."""

APP = "Chromasonic"

MUSIC = "Music"
SEARCH = "Search"
PROGRESS = "Progress"
RESULTS = "Results"
STORY = "Story"
LISTEN = "Listen"
EARS = "By ear"
COMPARE = "Compare"
STUDIES = "Studies"
MODELS = "Models"
HELP = "Help"
MORE = "More"
LANGUAGE = "Language"

LOOKING = "Looking for your searches … if another program holds their database, this takes up to a minute."
WAKING_UP = "Waking up the models … this happens once after a start."
UNEXPECTED = (
    "Something unexpected happened, and this part of the page could not be shown. Your music and your searches are "
    "safe. Reload the page to try again. If it comes back, the Help page looks what is wrong and makes a report of it."
)

NO_MUSIC_YET = "There is no music yet. Choose a collection or bring your own tunes; that is where it begins."
MUSIC_GONE = "The music “{name}” is no longer here; it was deleted, or its file is damaged."
CHOOSE_MUSIC = "Choose your music"
NO_SEARCH_YET = "There is no search yet. Set one up – a single button is enough – and come back here."
SET_UP_SEARCH = "Set up a search"
ALL_SEARCHES = "See all searches"
