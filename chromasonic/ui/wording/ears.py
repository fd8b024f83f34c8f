"""Words on the page By ear."""

from chromasonic.results.ears.agreement import Verdict

TITLE = "By ear"
PURPOSE = "Here two models of a search sing, and you say which you like better, without knowing which one is which."
INTRODUCTION = (
    "Two models of **{name}** sing, each with the same opening and the same throws of the dice. Nothing tells you who "
    "they are, so only your ears decide which you like better. Stop whenever you like; every answer is kept."
)
PRACTICE = (
    "This search learned from practice melodies, which are no music, so its models do not sing. Choose some real "
    "music, and you can compare them here."
)
CHOOSE_MUSIC = "Choose your music"
NO_SONG = "No model of this search has sung yet, so there is nothing to compare. The first sings after its lessons."
ONE_SONG = "One model has sung so far, and it takes two that sing differently to compare. Others follow as they finish."
NO_MORE = (
    "It takes two models that sing differently to compare, and this search has ended with fewer. A search with more "
    "trials gives you more to choose from."
)
WATCH = "Watch the search"

ROUND = "Round {n}"
SONG_A, SONG_B = "Song A", "Song B"
QUESTION = "Which do you like better?"
CANNOT_SAY = "Can't say"
UNDO = "Undo my last answer"

ENOUGH = (
    "You have compared each two of the {songs} three times, on either side. Asking again would tell next to nothing."
)
MORE_COME = "The search is still at work: as more of its models sing, there is more to compare."
MORE_NEEDED = "Let the search go on with more trials, and there is more to compare."
TO_PROGRESS = "Go to the search"

RANKING = "What your ears say"
READ_RANKING = (
    "Each row is one song, the one you like most on top. The point says how often you would like it better than a "
    "middling song of this search (*Bradley–Terry strength*), the bar how sure that is after {answers}: the truth lies "
    "inside with 95 % certainty. Beside the name stands its place by the loss."
)
NOT_YET = "Still missing before the songs stand here in the order of your liking: {answers}."
AGREEMENT = {
    Verdict.AGREE: (
        "**Your ears and the loss agree** on these {songs}: the lower the loss, the more you tend to like it "
        "(*Kendall's τ* {tau:.2f}, with 95 % certainty between {low:.2f} and {high:.2f}; 1 would be the very same "
        "order)."
    ),
    Verdict.DISAGREE: (
        "**Your ears and the loss disagree** on these {songs}: the lower the loss, the less you tend to like it "
        "(*Kendall's τ* {tau:.2f}, with 95 % certainty between {low:.2f} and {high:.2f}; −1 would be the reversed "
        "order). Trust your ears: on the Listen page you can choose who sings."
    ),
    Verdict.UNRELATED: (
        "**Your ears go their own way** on these {songs}: what you like has little to do with the loss "
        "(*Kendall's τ* {tau:.2f}, with 95 % certainty between {low:.2f} and {high:.2f}; 0 would be none at all). "
        "Trust your ears: on the Listen page you can choose who sings."
    ),
}
TOO_EARLY = "Whether your ears and the loss agree cannot be told yet. It takes more answers."
TOO_FEW_SONGS = (
    "Whether your ears and the loss agree takes {n} different songs at least, and this search has {songs} so far. With "
    "more trials there are more songs."
)
