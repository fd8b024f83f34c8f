"""The app as a server of its own, for tests that meet it as a musician does."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def start_app(home, log, port, *options, app="app.py"):
    """`streamlit run` the app on `port`, with its workspace at `home`, once it answers."""
    command = [sys.executable, "-m", "streamlit", "run", str(app), f"--server.port={port}", *options]
    with log.open("ab") as told:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "CHROMASONIC_HOME": str(home)},
            stdout=told,
            stderr=subprocess.STDOUT,
        )
    end = time.monotonic() + 90
    while time.monotonic() < end:
        assert process.poll() is None, "the app ended before it answered"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                return process
        except OSError:
            time.sleep(0.2)
    process.kill()
    raise AssertionError("the app did not answer")
