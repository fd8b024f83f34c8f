"""Words on a team's server: logging in, and what belongs to whom."""

WELCOME = "Welcome"
INVITATION = "This is your team's Chromasonic. Log in to find your music and your searches, and those shared with you."
LOG_IN = "Log in"
LOG_IN_WITH = "Log in with {provider}"
LOG_OUT = "Log out"
LOG_IN_FIRST = "You are not logged in. Reload the page to log in."
NO_MEMBER = "You logged in as {email}, who is not a member here. Ask whoever runs this server, or use another account."

ADMINISTRATOR = "You look after this server: you see every search, and may change and delete it."
USED = "Your music takes {used:.1f} of {limit} MiB."
ID = "Your id here, for whoever runs this server:"

CLOSED = "Chromasonic is closed"
SECRETS_UNREADABLE = (
    "This server's secrets.toml cannot be read ({reason}), so it is not known who may come in, and nobody can. Whoever "
    "runs the server should mend the file, or let the server read it, and start it again."
)
NOT_TOML = "it is not valid TOML"
SECRETS_MISSING = (
    "This server was started with secrets in {files}, and nothing is there. Nobody can come in until whoever runs it "
    "puts the file in its place and starts it again."
)
NO_AUTH = (
    "This server's secrets.toml has a section for a team, and none that says how people log in ([auth]). Nobody can "
    "come in until whoever runs it adds one and starts it again."
)
RULE_REFUSED = (
    "A rule in the section [team] of this server's secrets.toml cannot be used: {reason} Nobody can come in until "
    "whoever runs it has mended that and started it again."
)
LOGIN_BROKEN = "The login of this server is not set up: {reason}"

NOT_YOURS = "“{name}” belongs to {owner}. You may look at it, listen to it and download it; only {owner} may change it."
NOBODYS = (
    "“{name}” belongs to nobody: it was made in the terminal, or before people logged in here. Everyone may look at "
    "it; only whoever runs this server may change it."
)
FULL = (
    "As much trains as this server allows at once ({limit}): {busy}. Wait until one has ended, then start this again; "
    "what was set up so far is kept."
)
FULL_EACH = (
    "On this server each person may train {limit} at once, and you are training {busy}. Stop it, or wait until it has "
    "ended, then start this again; what was set up so far is kept."
)
OF_SOMEONE = "one of {owner}'s"
TOO_LARGE = "This file has {size:.1f} MiB, and one upload may have {limit} on this server."
NO_ROOM = (
    "Your music takes {used:.1f} of the {limit} MiB that each person has on this server, and this needs {more:.1f} MiB "
    "more. Delete saved music that you no longer need, then try again."
)
