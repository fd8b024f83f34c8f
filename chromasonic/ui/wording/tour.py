"""Words of the tour that shows a newcomer the way."""

TITLE = "From a tune to a melody"
INVITATION = "New here? Five pictures show the way from the tunes that you choose to a melody that nobody has heard."
TAKE = "Take the tour · 60 seconds"
SKIP = "Skip"
STEP = "Step {step} of {steps}: {page}"
BACK = "Back"
NEXT = "Next"
BEGIN = "Choose your music"
PICTURE = "A picture of the page “{page}”"
STEPS = {
    "music": "Choose the tunes that a model will learn from: a collection that is here already, or your own files.",
    "search": "Press one button. The search tries many settings by itself and keeps those that suit your music best.",
    "progress": (
        "Watch it for a few minutes: each point is a model that has learned your tunes, and lower is better. You may "
        "close the page meanwhile."
    ),
    "results": "See what it found, and whether it beats plain counting and guessing on tunes that it has never met.",
    "listen": "Let the best model compose. Hear its new melody, see it as sheet music, and take it home.",
}
