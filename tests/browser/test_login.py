"""A team's server with a real login: people of a provider of their own, in a browser and without one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import searches
from app_server import free_port
from browsing import arrive, new_page

from chromasonic.melody_generation.hyperparameter_search.storage import forget_database
from chromasonic.people import Person
from chromasonic.ui.wording import login as words
from chromasonic.ui.wording import studies as studies_words
from chromasonic.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from chromasonic.melody_generation.hyperparameter_search.search import Search

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[2]
ANNAS, SHARED, BOBS = "Anna's secret", "Anna's for everyone", "Bob's own"


@dataclass(frozen=True)
class TeamServer:
    """A server with a login, three searches on it, and its people."""

    url: str
    home: Path
    anna: Person
    bob: Person

    def search(self, name: str) -> Search:
        """The search called `name` as it stands on disk."""
        from chromasonic.melody_generation.hyperparameter_search.catalogue import open_search

        workspace = Workspace(self.home)
        forget_database(workspace.storage_url)
        return open_search(name, workspace)


@contextmanager
def provider_of(people: dict[str, str], port: int) -> Iterator[str]:
    """A provider that knows these people and their e-mails, in a process of its own; how it calls itself."""
    command = [sys.executable, "-m", "oidc_provider_mock", f"--port={port}"]
    for name, email in people.items():
        claims = {"sub": name, "name": name.title(), "email": email, "email_verified": True}
        command += ["--user-claims", json.dumps(claims)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield issuer_at(f"http://127.0.0.1:{port}/.well-known/openid-configuration", process)
    finally:
        process.terminate()
        process.wait(20)


def issuer_at(address: str, process: subprocess.Popen[bytes]) -> str:
    while process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(address) as answer:
            return str(json.load(answer)["issuer"])
        time.sleep(0.1)
    raise AssertionError("the provider ended before it answered")


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory, serving: Callable[..., Any]) -> Iterator[TeamServer]:
    """The server, and the provider that knows its people; each search belongs to who its name says."""
    folder = tmp_path_factory.mktemp("team")
    port, at_provider = free_port(), free_port()
    people = {"anna": "anna@example.org", "bob": "bob@example.org", "eve": "eve@evil.org"}
    with provider_of(people, at_provider) as issuer:
        secrets = folder / "secrets.toml"
        secrets.write_text(
            f"""
            [auth]
            redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
            cookie_secret = "{"of this test alone " * 3}"
            client_id = "chromasonic"
            client_secret = "known to both"
            server_metadata_url = "{issuer}/.well-known/openid-configuration"

            [team]
            members = ["@example.org"]
            """
        )
        anna, bob = (Person(f"{issuer} {name}", name.title(), f"{name}@example.org") for name in ("anna", "bob"))
        workspace = Workspace.open(folder / "Chromasonic")
        for name, owner in ((ANNAS, anna), (SHARED, anna), (BOBS, bob)):
            search = searches.practice_search(workspace, name)
            search.study.set_user_attr("chromasonic:owner", owner.to_json())
        forget_database(workspace.storage_url)
        with serving(folder, port, f"--secrets.files={secrets}") as server:
            yield TeamServer(server.url, server.home, anna, bob)


@pytest.fixture
def visit(team: TeamServer, chromium: Browser, at_rest: Callable[[Page], None]) -> Iterator[Callable[..., Page]]:
    """Opens a page in a browser that knows nobody yet, and logs in as someone."""
    contexts: list[BrowserContext] = []

    def open_it(person: str | None = None, path: str = "/", **looks: Any) -> Page:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **looks})
        contexts.append(context)
        context.route(
            "**://cdn.jsdelivr.net/**", lambda route: route.abort()
        )  # the provider's style; nothing is fetched
        page = new_page(context)
        page.goto(team.url + path)
        page.get_by_role("button", name=words.LOG_IN).wait_for()
        at_rest(page)
        if person is not None:
            page.get_by_role("button", name=words.LOG_IN).click()
            page.wait_for_url("**/oauth2/authorize**")
            page.get_by_role("button", name=person, exact=True).click()
            page.wait_for_url(f"{team.url}/**")
            page.get_by_role("heading", level=1).wait_for()
            at_rest(page)
            if path != "/":
                arrive(page, team.url + path)
        return page

    yield open_it
    for context in contexts:
        context.close()


def told(page: Page) -> str:
    """All words on the page."""
    return str(page.inner_text("body")).replace("\u2060", "")  # what keeps a name from becoming a link


def names_in(table: str) -> set[str]:
    return {name for name in (ANNAS, SHARED, BOBS) if name in table}


def studies(page: Page) -> set[str]:
    """The searches that the Studies page lists: the table is a picture, with its words beside it for screen readers."""
    cells = page.locator("[data-testid=stDataFrame] [role=gridcell]")
    cells.first.wait_for(state="attached")
    return names_in("\n".join(cells.all_text_contents()))


@pytest.mark.slow
def test_people_log_in_see_what_is_theirs_share_it_and_log_out(
    team: TeamServer,
    visit: Callable[..., Page],
    at_rest: Callable[[Page], None],
    violations: Callable[[Page], list[str]],
) -> None:
    anna = visit("anna", "/studies")
    assert studies(anna) == {ANNAS, SHARED}
    anna.goto(f"{team.url}/studies?search={SHARED}")
    anna.get_by_text(studies_words.SHARE).click()
    at_rest(anna)
    assert (team.search(SHARED).is_shared, team.search(ANNAS).is_shared) == (True, False)
    assert violations(anna) == []

    bob = visit("bob", "/studies")
    assert studies(bob) == {SHARED, BOBS}
    for path in ("progress", "results", "listen"):
        bob.goto(f"{team.url}/{path}?search={ANNAS}")
        bob.get_by_text(f"There is no search called “{ANNAS}” here").wait_for()
    bob.goto(f"{team.url}/progress?search={SHARED}")
    bob.get_by_role("heading", level=1).wait_for()
    at_rest(bob)
    assert SHARED in told(bob)
    assert not bob.get_by_role("button", name="Go on").count()

    anna.get_by_role("button", name="Anna").click()
    anna.get_by_role("button", name=words.LOG_OUT).click()
    anna.get_by_role("button", name="End session").click()  # at the provider, who asks as well
    anna.get_by_role("button", name=words.LOG_IN).wait_for()
    anna.goto(f"{team.url}/studies?search={ANNAS}")
    anna.get_by_role("button", name=words.LOG_IN).wait_for()
    assert names_in(told(anna)) == set()


def test_a_stranger_sees_only_the_door(team: TeamServer, visit: Callable[..., Page]) -> None:
    for path in ("/", f"/studies?search={SHARED}", f"/results?search={ANNAS}"):
        page = visit(None, path)
        assert words.INVITATION in told(page)
        assert names_in(page.content()) == set()
        assert not page.get_by_test_id("stTopNavLink").count()
    eve = visit("eve")
    assert "eve@evil.org, who is not a member here" in told(eve)


@pytest.mark.parametrize("looks", [{"color_scheme": "dark", "viewport": {"width": 375, "height": 812}}, {}])
def test_the_door_is_for_everyone(
    visit: Callable[..., Page], violations: Callable[[Page], list[str]], looks: Any
) -> None:
    page = visit(None, **looks)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


# ---- without a browser ----------------------------------------------------------------------------------------------


@dataclass
class Line:
    """What a page's own socket carries, spoken by hand."""

    team: TeamServer
    cookies: list[dict[str, Any]]
    buttons: dict[tuple[str, str], str] = field(default_factory=dict)  # its id, by page and label

    def ask(self, page: str, search: str, pressed: set[str] | None = None) -> str:
        """Run a page with these buttons pressed, whether it shows them or not; all that comes back, as text."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
        from websockets.sync.client import connect

        xsrf = next((cookie["value"] for cookie in self.cookies if cookie["name"] == "_streamlit_xsrf"), "")
        came: list[str] = []
        with connect(
            self.team.url.replace("http", "ws") + "/_stcore/stream",
            origin=self.team.url,  # type: ignore[arg-type]
            subprotocols=["streamlit", xsrf or "none"],  # type: ignore[list-item]
            additional_headers={"Cookie": "; ".join(f"{one['name']}={one['value']}" for one in self.cookies)},
            max_size=None,
            compression=None,
        ) as socket:
            for pressed_now in (set(), pressed or set()):
                message = BackMsg()
                message.rerun_script.query_string = f"search={search}"
                message.rerun_script.page_name = page
                for widget in pressed_now:
                    message.rerun_script.widget_states.widgets.add(id=widget, trigger_value=True)
                socket.send(message.SerializeToString())
                while True:
                    answer = ForwardMsg()
                    answer.ParseFromString(socket.recv(timeout=60))  # type: ignore[arg-type]
                    came.append(str(answer))
                    if answer.delta.new_element.HasField("button"):
                        button = answer.delta.new_element.button
                        self.buttons[page, button.label] = button.id
                    if answer.WhichOneof("type") == "script_finished" and answer.script_finished == 0:
                        break
        return "\n".join(came)


@pytest.mark.slow
def test_whoever_speaks_to_the_server_without_our_page_gets_no_further(
    team: TeamServer, visit: Callable[..., Page]
) -> None:
    anna, bob = (Line(team, visit(name).context.cookies()) for name in ("anna", "bob"))
    secret = ANNAS.replace("'", r"\'")
    assert secret in anna.ask("studies", ANNAS)  # what follows would find it, if it came
    team.search(SHARED).share(True)
    anna.ask("studies", SHARED)
    anna.ask("progress", SHARED)
    bob.ask("studies", SHARED)
    bob.ask("progress", SHARED)
    only_for_anna = {button for place, button in anna.buttons.items() if place not in bob.buttons}
    go_on, rename, delete = (
        anna.buttons["studies", label] for label in (studies_words.START, studies_words.RENAME, studies_words.DELETE)
    )
    assert {go_on, rename, delete} <= only_for_anna

    stranger = Line(team, [cookie for cookie in bob.cookies if cookie["name"] == "_streamlit_xsrf"])
    for page in ("", "music", "studies", "progress", "results", "listen", "search"):
        came = stranger.ask(page, SHARED, set(anna.buttons.values()))
        assert words.LOG_IN in came
        assert "Anna" not in came.replace("search=Anna", "")

    before = dict(team.search(SHARED).study.user_attrs)
    for page in ("studies", "progress"):
        for button in only_for_anna:
            assert secret not in bob.ask(page, SHARED, {button})
    after = team.search(SHARED)
    assert dict(after.study.user_attrs) == before and not after.is_held()
    anna.ask("studies", SHARED, {go_on})  # what was tried works for her
    assert dict(team.search(SHARED).study.user_attrs) != before


def test_a_forged_cookie_is_no_login(team: TeamServer, visit: Callable[..., Page]) -> None:
    cookies = visit("bob").context.cookies()
    for cookie in cookies:
        if cookie["name"].startswith("_streamlit_user"):
            cookie["value"] = re.sub(r"[A-Za-z0-9]", "A", cookie["value"], count=5)
    assert words.LOG_IN in Line(team, cookies).ask("studies", BOBS)


def test_what_streamlit_serves_beside_the_pages_names_nobody(team: TeamServer) -> None:
    for path in (
        "_stcore/health",
        "_stcore/host-config",
        "_stcore/metrics",
        "media/none.txt",
        "app/static/searches.db",
    ):
        try:
            with urllib.request.urlopen(f"{team.url}/{path}") as answer:
                assert b"nna" not in answer.read()
        except urllib.error.HTTPError as error:
            assert error.code in (403, 404)
