"""How long music takes to come in: uploaded MIDI files, and the collections that come with music21.

    python benchmarks/music.py

The upload goes the way of the Music page: its files are kept, read, looked through for copies and saved as a set. Every
other file has three voices more, below its melody. A collection is loaded by the page's own function, *first* from
music21's files and *again* from what that left in the workspace; each in a fresh process, as after a start of the
server, with imports counted in. Processor seconds, since other programs may use the machine; *wall* is what a musician
waits for. With `--browser` the same files are also brought to the real page by a real Chromium: *wall* from dropping
them to the table of tunes, *cpu* what the server spent.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))

from chromasonic.workspace import Workspace

MARKS = {"upload": 3.0, "first": 5.0, "again": 0.2}  # s: for 500 files, for 1,000 tunes, for any


def timed(work: Callable[..., Any], *args: Any) -> tuple[Any, float, float]:
    """What `work` gives, and the processor and the wall seconds that it took."""
    cpu, wall = time.process_time(), time.perf_counter()
    done = work(*args)
    return done, time.process_time() - cpu, time.perf_counter() - wall


def load(key: str, cache: Path) -> tuple[int, float, float]:
    """Tunes of a collection, and what it took to get them."""

    def work() -> Any:
        from chromasonic.music.collections import load_collection

        return load_collection(key, cache)

    reading, cpu, wall = timed(work)
    return len(reading.melodies), cpu, wall


def midi_files(n: int, cache: Path) -> list[tuple[str, bytes]]:
    """Names and contents of `n` MIDI files, every other one with three accompanying voices."""
    from symusic import Score

    from chromasonic.music.collections import load_collection
    from chromasonic.music.midi import write_midi

    melodies = load_collection("ryans", cache).melodies
    files = []
    for number in range(n):
        data = write_midi(melodies[number % len(melodies)])
        if number % 2:
            score = Score.from_midi(data)
            for octaves in (1, 2, 3):
                voice = score.tracks[0].copy()
                voice.name = f"Voice {octaves}"
                score.tracks.append(voice.shift_pitch(-12 * min(octaves, 2)))
            data = score.dumps_midi()
        files.append((f"tune {number}.mid", data))
    return files


def upload(files: list[tuple[str, bytes]], folder: Path) -> tuple[int, list[tuple[str, float, float]]]:
    """Tunes that came of an upload, and what each step of the page took."""
    kept, *keeping = timed(lambda: _keep(files, folder))
    reading, *reading_time = timed(kept.read, lambda done, total: None)
    _, *looking = timed(lambda: _copies(reading))
    _, *saving = timed(lambda: _save(kept, reading, folder))
    steps = zip(("kept", "read", "looked for copies", "saved"), (keeping, reading_time, looking, saving), strict=True)
    return len(reading.melodies), [(name, cpu, wall) for name, (cpu, wall) in steps]


def _keep(files: list[tuple[str, bytes]], folder: Path) -> Any:
    from chromasonic.ui.uploads import keep_upload

    return keep_upload(folder / "uploads", files)


def _copies(reading: Any) -> int:
    from chromasonic.music.melody import interval_shape

    return len(reading.melodies) - len({interval_shape(melody) for melody in reading.melodies})


def _save(kept: Any, reading: Any, folder: Path) -> None:
    from chromasonic.music.sets import MusicSet, save_music_set

    save_music_set(folder / "music", MusicSet("Mine", reading.melodies, reading.skipped, kept.files_in(reading)))


def upload_in_browser(files: list[tuple[str, bytes]], folder: Path) -> tuple[float, float]:
    """Processor seconds of the server, and wall seconds until the page shows the tunes."""
    import psutil
    from app_server import CHROMIUM, FLAGS, free_port, start_app
    from browsing import arrive, new_page
    from playwright.sync_api import sync_playwright

    from chromasonic.ui.wording import music as words

    paths = []
    for name, data in files:
        paths.append(folder / name)
        paths[-1].write_bytes(data)
    port = free_port()
    process = start_app(folder / "Chromasonic", folder / "server.log", port)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = new_page(browser.new_context())
            arrive(page, f"http://127.0.0.1:{port}")
            page.get_by_role("radio", name=words.SOURCES["files"]).click()
            page.wait_for_timeout(5000)  # the heavy libraries are loaded in the background
            server = psutil.Process(process.pid)
            before, began = sum(server.cpu_times()[:2]), time.perf_counter()
            page.locator("input[type=file]").set_input_files(paths)
            page.get_by_role("heading", name=words.TUNES).wait_for()
            wall = time.perf_counter() - began
            browser.close()
            return sum(server.cpu_times()[:2]) - before, wall
    finally:
        process.kill()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--collections", nargs="+", default=["ryans", "oneills", "airds", "bach"])
    parser.add_argument("--browser", action="store_true", help="bring the files to the page, too")
    options = parser.parse_args()
    fresh = multiprocessing.get_context("spawn")
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}; s")
    with tempfile.TemporaryDirectory() as folder:
        cache = Workspace.open(Path(folder)).cache
        columns = f"{'tunes':>6} {'first cpu':>10} {'wall':>6} {'per 1,000':>10} {'again cpu':>10} {'wall':>6}"
        print(f"{'collection':<12} {columns}")
        for key in options.collections:
            times = []
            for _ in range(2):
                with fresh.Pool(1) as pool:
                    times.append(pool.apply(load, (key, cache)))
            (n, cpu, wall), (_, cpu_again, wall_again) = times
            per = 1000 * cpu / max(n, 1)
            print(f"{key:<12} {n:>6,} {cpu:>10.2f} {wall:>6.2f} {per:>10.2f} {cpu_again:>10.2f} {wall_again:>6.2f}")
        files = midi_files(options.files, cache)
        size = sum(len(data) for _, data in files) / 2**20
        with fresh.Pool(1) as pool:
            n, steps = pool.apply(upload, (files, Path(folder)))
        print(f"{len(files)} MIDI files, {size:.1f} MiB: {n} tunes")
        for name, cpu, wall in [*steps, ("altogether", *(sum(step[place] for step in steps) for place in (1, 2)))]:
            print(f"{name:<20} {cpu:>8.2f} {wall:>8.2f}")
        if options.browser:
            cpu, wall = upload_in_browser(files, Path(folder))
            print(f"{'in a browser':<20} {cpu:>8.2f} {wall:>8.2f}", flush=True)
    print(f"marks: {MARKS['upload']} s for 500 files; {MARKS['first']} s for 1,000 tunes, {MARKS['again']} s again")


if __name__ == "__main__":
    main()
