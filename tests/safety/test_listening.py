"""What the app and the dashboard listen to, as the operating system tells it: this machine only, unless asked."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def listening(process):
    """The addresses at which the process and its children accept connections, once there are any."""
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    found = [connection for one in family for connection in one.net_connections("inet")]
    return {connection.laddr.ip for connection in found if connection.status == psutil.CONN_LISTEN}


@pytest.mark.parametrize(
    "command, folder",
    [
        (["-m", "chromasonic.cli", "app", "--server.port={port}"], None),
        (["-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port={port}"], None),  # from anywhere
        (["-m", "streamlit", "run", "app.py", "--server.port={port}"], ROOT),
        (["-m", "chromasonic.cli", "dashboard", "--port={port}"], None),
    ],
    ids=["chromasonic app", "streamlit run, from another folder", "streamlit run", "chromasonic dashboard"],
)
def test_only_this_machine_can_connect(command, folder, tmp_path):
    command = [sys.executable, *(part.format(port=free_port()) for part in command)]
    process = subprocess.Popen(
        command,
        cwd=folder or tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not (addresses := listening(process)):
            assert process.poll() is None, "it ended before it listened"
            time.sleep(0.1)
        assert addresses == {"127.0.0.1"}
    finally:
        for one in [*psutil.Process(process.pid).children(recursive=True), process]:
            one.terminate()
        process.wait(20)
