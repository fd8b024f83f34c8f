"""A chart of a search that goes on stays at the part one looks at, in a real browser, and still tells what comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from scripted import ScriptedTrainer
from searches import tiny_search

from chromasonic.melody_generation.hyperparameter_search.runner import SearchRunner
from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.music.collections import load_collection
from chromasonic.ui.wording import progress as words
from chromasonic.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

RANGES = "chart => ['xaxis', 'yaxis'].map(axis => chart.layout[axis].range.map(end => Math.round(end * 1e6) / 1e6))"
DRAWN = "chart => JSON.stringify(chart.data.map(trace => [trace.x, trace.y]))"
UPDATES = 3


@pytest.fixture(scope="module", autouse=True)
def running(server: Any) -> Iterator[SearchRunner]:
    """A search that goes on for as long as a test may take: a trial every second, and the first stays the best.

    With each new best the whole page is drawn anew, which on a busy machine would leave no time for what is below.
    """
    workspace = Workspace.open(server.home)
    tunes = load_collection("ryans", workspace.cache).melodies[:40]
    search = tiny_search(workspace, tunes, "It goes on", n_trials=1000)
    trainer = ScriptedTrainer(
        lambda number: [2.5 + number % 7 / 50, 2.3 + min(number, 1 + number % 5) / 50], epoch_time=0.5
    )
    runner = SearchRunner(search, [trainer], plot=False)
    runner.start()
    yield runner
    runner.stop()
    assert runner.join(60)
    forget_database(workspace.storage_url)


def chart(page: Page, name: str) -> Locator:
    """The chart with that key, once it is drawn."""
    found = page.locator(f".st-key-{name}-chart .js-plotly-plot")
    found.locator(".nsewdrag").wait_for()
    return found


def moved_from(page: Page, drawn: Locator, before: list[list[float]]) -> list[list[float]]:
    """What the chart shows once it shows another part, across, than `before`; upwards the whole grows by itself."""
    page.wait_for_function(
        f"([chart, before]) => JSON.stringify(({RANGES})(chart)[0]) !== JSON.stringify(before[0])",
        arg=[drawn.element_handle(), before],
    )
    found: list[list[float]] = drawn.evaluate(RANGES)
    return found


def drag_a_box(page: Page, drawn: Locator) -> None:
    """Drag the mouse over the middle of the chart."""
    drawn.scroll_into_view_if_needed()
    box = drawn.locator(".nsewdrag").bounding_box()
    assert box is not None
    for step, (across, down) in enumerate([(0.3, 0.3), (0.5, 0.5), (0.7, 0.7)]):
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
        if step == 0:
            page.mouse.down()
    page.mouse.up()


def wait_for_news(page: Page, drawn: Locator) -> None:
    """Wait until the chart has been drawn with something new a few times."""
    for _ in range(UPDATES):
        before = drawn.evaluate(DRAWN)
        page.wait_for_function(
            f"([chart, before]) => ({DRAWN})(chart) !== before", arg=[drawn.element_handle(), before]
        )


@pytest.mark.parametrize("name", ["history", "curves"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_what_a_mouse_has_zoomed_stays_through_updates(
    open_browser: Callable[..., Page], violations: Callable[..., list[str]], name: str, dark: bool
) -> None:
    page = open_browser("/progress", dark=dark)
    drawn = chart(page, name)
    whole = drawn.evaluate(RANGES)
    drag_a_box(page, drawn)
    part = moved_from(page, drawn, whole)
    assert all(wide[0] < near[0] < near[1] < wide[1] for wide, near in zip(whole, part, strict=True)), (
        f"{part} of {whole}"
    )
    wait_for_news(page, drawn)
    assert drawn.evaluate(RANGES) == part
    assert violations(page, f".st-key-{name}-chart") == []
    page.locator(f".st-key-{name}-chart").get_by_role("button", name=words.WHOLE).click()
    assert moved_from(page, drawn, part)[0] == whole[0]
    assert page.locator(f".st-key-{name}-chart").get_by_role("button", name=words.WHOLE).count() == 0


def test_a_chart_with_nothing_to_see_from_near_offers_no_button(open_browser: Callable[..., Page]) -> None:
    page = open_browser("/progress")
    chart(page, "importance")
    buttons = page.locator(".st-key-importance-chart button")
    assert [button.inner_text() for button in buttons.all() if button.is_visible()] == []


def test_keys_look_closer_aside_and_at_everything_again(open_browser: Callable[..., Page]) -> None:
    page = open_browser("/progress")
    drawn = chart(page, "history")
    assert (drawn.get_attribute("aria-label") or "").startswith("Loss of each trial: ")
    whole = drawn.evaluate(RANGES)
    drawn.focus()
    page.keyboard.press("+")
    near = moved_from(page, drawn, whole)
    page.keyboard.press("ArrowLeft")
    left = moved_from(page, drawn, near)
    assert whole[0][0] <= left[0][0] < near[0][0] < left[0][1] < near[0][1] < whole[0][1]
    wait_for_news(page, drawn)
    assert drawn.evaluate(RANGES) == left
    page.keyboard.press("Escape")
    assert moved_from(page, drawn, left)[0] == whole[0]
    page.keyboard.press("+")
    moved_from(page, drawn, whole)
    page.keyboard.press("0")
    assert moved_from(page, drawn, near)[0] == whole[0]


def test_on_a_phone_two_fingers_look_closer_and_one_scrolls(server: Any, chromium: Any) -> None:
    context = chromium.new_context(viewport={"width": 375, "height": 800}, has_touch=True, is_mobile=True)
    try:
        page = context.new_page()
        page.goto(server.url + "/progress")
        drawn = chart(page, "history")
        whole = drawn.evaluate(RANGES)
        drawn.scroll_into_view_if_needed()
        box = drawn.locator(".nsewdrag").bounding_box()
        middle, height = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        fingers = context.new_cdp_session(page)

        def touch(kind: str, *places: tuple[float, float]) -> None:
            points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(places)]
            fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", (middle - 20, height))
        touch("touchStart", (middle - 20, height), (middle + 20, height))
        for apart in (30, 40, 60):
            touch("touchMove", (middle - apart, height), (middle + apart, height))
        touch("touchEnd")
        near = moved_from(page, drawn, whole)
        page.wait_for_timeout(300)  # the last of the fingers' moves
        near = drawn.evaluate(RANGES)
        assert near[0][1] - near[0][0] < 0.8 * (whole[0][1] - whole[0][0])
        wait_for_news(page, drawn)
        assert drawn.evaluate(RANGES) == near
        before = page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")
        touch("touchStart", (middle, height))
        for step in range(1, 8):
            touch("touchMove", (middle, height - 15 * step))
        touch("touchEnd")
        page.wait_for_function(f"document.querySelector('[data-testid=stMain]').scrollTop > {before} + 40")
        assert drawn.evaluate(RANGES) == near
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    finally:
        context.close()
