"""optuna-dashboard, in this process and over the same warm storage, for this machine only: it has no login."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from chromasonic.errors import SearchError

from .artifacts import open_artifacts
from .storage import Database

HOST = "127.0.0.1"


@dataclass(frozen=True)
class DashboardServer:
    """A dashboard that is being served."""

    url: str
    _server: WSGIServer
    _thread: threading.Thread

    def study_url(self, study_id: int) -> str:
        """The dashboard's page of one study."""
        return f"{self.url}dashboard/studies/{study_id}"

    def wait(self) -> None:
        """Serve until the process is interrupted."""
        self._thread.join()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a line a request would bury the app's own messages."""


def serve_dashboard(database: Database, port: int = 0, songs: str = "") -> DashboardServer:
    """Serve optuna-dashboard over `database` in a background thread; port 0 takes any free one.

    It plays what it finds in the artifact store at the address `songs`, if one is given.

    Raises:
        SearchError: the port is taken, or there is none of that number.
    """
    import optuna_dashboard

    try:
        store = open_artifacts(songs)
        application = optuna_dashboard.wsgi(database.storage, artifact_store=store.store if store else None)
        server = make_server(HOST, port, application, handler_class=_Quiet)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else "ports go from 0 to 65535"
        raise SearchError(f"Port {port} cannot be used ({reason}). Choose another with --port.") from error
    thread = threading.Thread(target=server.serve_forever, name="optuna-dashboard", daemon=True)
    thread.start()
    return DashboardServer(f"http://{HOST}:{server.server_port}/", server, thread)
