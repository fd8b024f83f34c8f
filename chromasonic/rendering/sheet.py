"""A page of sheet music to print: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from chromasonic.checks import instance
from chromasonic.languages import current
from chromasonic.music.melody import Melody
from chromasonic.rendering.notation import draw_sheets

_LOOKS = """
@page { margin: 16mm 14mm; }
body { max-width: 190mm; margin: 12mm auto; padding: 0 5mm; color: #000; background: #fff; font-family: serif; }
h1 { margin: 0 0 2mm; text-align: center; font-weight: normal; overflow-wrap: anywhere; }
p { margin: 0 0 8mm; text-align: center; }
svg { display: block; width: 100%; height: auto; break-inside: avoid; margin-bottom: 6mm; }
button { position: fixed; top: 4mm; right: 4mm; padding: 2mm 4mm; font: inherit; }
@media print { button { display: none; } body { margin: 0 auto; padding: 0; } }
"""


def print_page(melody: Melody, *, title: str = "", facts: Sequence[str] = (), button: str = "Print") -> str:
    """An HTML page with the sheet music of `melody` under its `title` and `facts`, and a button that prints it.

    Raises:
        SettingsError: an argument is not what it may be.
        RenderingError: the sheet music cannot be drawn.
    """
    instance("title", title, str, '"Jig"')
    instance("button", button, str, '"Print"')
    under = " · ".join(escape(fact) for fact in facts)
    sheets = "\n".join(draw_sheets(melody))
    return (
        f'<!DOCTYPE html>\n<html lang="{current()}">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f"<style>{_LOOKS}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n<p>{under}</p>\n{sheets}\n"
        f'<button onclick="print()">{escape(button)}</button>\n</body>\n</html>\n'
    )
