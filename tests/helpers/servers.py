"""Real servers for tests and benchmarks, on this machine: PostgreSQL from Debian's package, S3 as moto speaks it."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def postgresql_programs():
    """The folder of PostgreSQL's programs, where it is installed."""
    folders = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@contextlib.contextmanager
def postgresql(*options):
    """A fresh PostgreSQL server; gives the address of an empty database of it."""
    programs = postgresql_programs()
    assert programs, "PostgreSQL is not installed: apt install postgresql"
    who = {"user": "postgres", "group": "postgres"} if os.getuid() == 0 else {}  # it refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="chromasonic-postgresql-"))
    try:
        if who:
            shutil.chown(folder, **who)
        port = free_port()

        def run(program, *arguments):
            command = [str(programs / program), "-D", str(folder / "data"), *arguments]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False, **who)
            assert done.returncode == 0, done.stderr

        run("initdb", "-U", "chromasonic", "-A", "trust", "-E", "UTF8", "--no-sync")
        settings = [f"-p {port}", f"-k {folder}", "-c listen_addresses=127.0.0.1", *options]
        run("pg_ctl", "-w", "-s", "-l", str(folder / "log"), "-o", " ".join(settings), "start")
        try:
            yield f"postgresql+psycopg2://chromasonic@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-w", "-s", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port, process):
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError(f"{process.args} does not answer")


@contextlib.contextmanager
def serving(command, port, **environment):
    """A server in a process of its own, for as long as it is needed."""
    path = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    with subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path, **environment},
    ) as process:
        try:
            _wait_for(port, process)
            yield process
        finally:
            process.kill()


@contextlib.contextmanager
def proxy(url):
    """Chromasonic's storage proxy before the database at `url`; gives its address."""
    port = free_port()
    with serving(["-m", "chromasonic.cli", "proxy", "--storage", url, "--port", str(port)], port):
        yield f"grpc://127.0.0.1:{port}"


@contextlib.contextmanager
def s3():
    """An S3-compatible server with one empty bucket; gives what the environment must say, and the bucket's name."""
    port = free_port()
    environment = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with serving(["-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port):
        import boto3

        client = boto3.client(
            "s3",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            region_name="us-east-1",
        )
        client.create_bucket(Bucket="chromasonic")
        client.close()
        yield environment, "chromasonic"
