"""Words about models that sing together."""

TITLE = "Together"
ABOUT = (
    "Several of the best models can sing together (*ensemble*): what each thinks may come next is averaged. One is "
    "often sure where another is wrong, so together they may know your music better than the best one alone."
)
TRY = "Let the best sing together"
TRYING = "Listening to the best models, one more at a time …"
ALONE = (
    "Adding them in order of rank, none of {tried} makes it better: the best one alone has a validation loss of "
    "**{alone:.3f}** nats per token, the best two together {two:.3f}."
)
ALONE_ON_TEST = "On the held-out tunes the best one alone reaches {alone:.3f}, and the best two together {two:.3f}."
ON_VALIDATION = (
    "The best **{n}** do best together: a validation loss of **{together:.3f}** nats per token, and {alone:.3f} for "
    "the best one alone. How many sing was chosen on these tunes."
)
ON_TEST = "On the held-out tunes they reach **{together:.3f}**, and the best one alone {alone:.3f}."
READY = "Choose “The best {n} together” on the Listen page to hear them."
