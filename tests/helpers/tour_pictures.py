"""Takes the pictures of the tour: `PYTHONPATH=. python tests/helpers/tour_pictures.py WORKSPACE`, with a search.

Each shows the part of a page that matters, light and dark, small enough to be read on a phone.
"""

import io
import sys
import tempfile
from pathlib import Path

from app_server import CHROMIUM, FLAGS, ROOT, free_port, start_app
from browsing import arrive, at_rest, new_page
from PIL import Image
from playwright.sync_api import sync_playwright

from chromasonic.ui.wording import listen, music, search

FOLDER = ROOT / "chromasonic" / "ui" / "assets" / "tour"
PARTS = {  # what stands at the top of the picture, and how far below the edge
    "music": ("h1", 0),
    "search": ("[class*=st-key-preset]", 16),
    "progress": (".st-key-history-chart", 16),
    "results": (".js-plotly-plot", 110),
    "listen": ("audio", 24),
}
HIDE = "header, [class*=st-key-language], .st-key-tour { display: none !important; }"
SIZE = {"width": 640, "height": 400}


def take(page, name, colours):
    """The picture of the page as it stands."""
    part, below = PARTS[name]
    page.add_style_tag(content=HIDE)
    page.mouse.move(0, 0)
    page.locator(part).first.evaluate("part => part.scrollIntoView({block: 'start'})")
    page.locator("[data-testid=stMain]").evaluate("(main, below) => main.scrollBy(0, -below)", below)
    page.wait_for_timeout(1000)
    shot = Image.open(io.BytesIO(page.screenshot()))
    shot.resize((960, 600), Image.Resampling.LANCZOS).save(FOLDER / f"{name}-{colours}.webp", quality=80, method=6)


def main(home):
    """All of them."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        port = free_port()
        server = start_app(home, Path(folder) / "server.log", port)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            for colours in ("light", "dark"):
                context = browser.new_context(
                    viewport=SIZE, device_scale_factor=2, color_scheme=colours, reduced_motion="reduce"
                )
                page = new_page(context)
                for name in PARTS:
                    if name == "search":
                        page.get_by_role("button", name=music.USE, exact=True).click()
                        page.get_by_role("heading", name=search.TITLE).wait_for()
                    else:
                        arrive(page, f"http://127.0.0.1:{port}/{name if name != 'music' else ''}")
                    if name == "listen":
                        page.get_by_role("button", name=listen.COMPOSE, exact=True).click()
                    page.locator(PARTS[name][0]).first.wait_for()
                    at_rest(page)
                    take(page, name, colours)
        finally:
            server.terminate()
            server.wait(20)
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
