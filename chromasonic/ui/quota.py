"""How much music a person may bring: today's limits for a lone musician, the rules of the team on its server."""

from __future__ import annotations

import shutil

from chromasonic.errors import AccessError
from chromasonic.music import limits
from chromasonic.ui import context, login
from chromasonic.ui.wording import login as words

MIB = 1024 * 1024


def upload_files() -> int:
    """Most files in one upload."""
    rules = login.rules()
    return min(rules.upload_files, limits.MAX_FILES) if rules else limits.MAX_FILES


def upload_bytes() -> int:
    """Most bytes in one upload."""
    rules = login.rules()
    return min(rules.upload_mib * MIB, limits.MAX_UPLOAD_BYTES) if rules else limits.MAX_UPLOAD_BYTES


def make_room(more: int) -> None:
    """See that `more` bytes of music fit; earlier uploads, whose tunes are saved or were left, are let go for them.

    Raises:
        AccessError: they do not fit beside the music that is saved.
    """
    rules = login.rules()
    if rules is None:
        return
    workspace, limit = context.workspace(), rules.music_mib * MIB
    if workspace.size_of_own() + more > limit:
        shutil.rmtree(workspace.uploads, ignore_errors=True)
    if (used := workspace.size_of_own()) + more > limit:
        raise AccessError(words.NO_ROOM.format(used=used / MIB, limit=rules.music_mib, more=more / MIB))
