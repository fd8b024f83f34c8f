"""Words of the dialog that asks for another name."""

NEW_NAME = "New name"
YES = "Rename"
NO = "Keep its name"
