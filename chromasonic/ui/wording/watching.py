"""Words in the title of the browser's tab, and in what it says when a search has ended."""

from chromasonic.results.records import SearchState

TITLES = {
    SearchState.RUNNING: "▶ {done}/{total}",
    SearchState.PAUSED: "⏸ {done}/{total}",
    SearchState.FINISHED: "✓ Done",
    SearchState.STOPPED: "■ Stopped",
    SearchState.FAILED: "✗ Nothing worked",
}

SWITCH = "Tell me when it is done"
SWITCH_HELP = "Your browser says so, whatever window you are in, as long as Chromasonic stays open in a tab."
DENIED = (
    "Your browser does not let this page tell you. Allow notifications for this address in its settings (most have "
    "them behind the sign to the left of the address), then switch this on again."
)
SOUND_INSTEAD = "Notifications are not available here, so a soft sound will tell you."

ENDED = {
    SearchState.FINISHED: "“{name}” is done",
    SearchState.STOPPED: "“{name}” has stopped",
    SearchState.FAILED: "Nothing worked in “{name}”",
}
FOUND = "Its best model has a loss of {loss:.2f} nats per token, after {trials}; lower is better."
NOTHING_FOUND = "It has found no model so far. The Progress page says why."
