"""A team's server, attacked: what belongs to Anna is Anna's, however Bob asks for it."""

import inspect
import json
import re
from pathlib import Path

import pytest
import searches
from streamlit import config
from streamlit.runtime.secrets import secrets_singleton
from streamlit.testing.v1 import AppTest

from chromasonic.melody_generation.hyperparameter_search.catalogue import list_searches, open_search
from chromasonic.melody_generation.hyperparameter_search.remarks import WrittenNote
from chromasonic.melody_generation.hyperparameter_search.storage import not_found
from chromasonic.music.melody import Melody, Note
from chromasonic.music.sets import MusicSet, list_music_sets, load_music_set, save_music_set
from chromasonic.music.shelf import list_melodies
from chromasonic.people import TeamRules
from chromasonic.rendering.song import write_song
from chromasonic.results.ears.comparisons import Comparisons
from chromasonic.results.records import SearchState
from chromasonic.ui import actions
from chromasonic.ui.dialogs import REFUSAL
from chromasonic.ui.uploads import keep_upload
from chromasonic.ui.wording import compare as compare_words
from chromasonic.ui.wording import listen as listen_words
from chromasonic.ui.wording import login as words
from chromasonic.ui.wording import music as music_words
from chromasonic.ui.wording import studies as studies_words

APP = Path(__file__).parents[2] / "app.py"
ISSUER = "https://id.example"
NAME = "Forty tunes, once"
PAGES = [
    "pages/search.py",
    "pages/progress.py",
    "pages/results.py",
    "pages/story.py",
    "pages/listen.py",
    "pages/ears.py",
    "pages/studies.py",
]
OF_A_SEARCH = PAGES[1:]


def claims(person, **others):
    email = f"{person.lower()}@example.org"
    told = {"iss": ISSUER, "sub": person, "name": person, "email": email, "email_verified": True}
    return {"is_logged_in": True, **told, **others}


ANNA, BOB, CAROL = (TeamRules().person(claims(name)) for name in ("Anna", "Bob", "Carol"))


@pytest.fixture
def secrets():
    """Carol looks after the server."""
    auth = {"redirect_uri": "http://127.0.0.1/oauth2callback", "cookie_secret": "x", "client_id": "c"}
    return {"auth": auth, "team": {"administrators": ["carol@example.org"], "members": ["@example.org"]}}


@pytest.fixture
def enter(secrets, open_page):
    """Opens a page of the team's server as someone: its file, and what stands in its address."""

    def open_it(user, file="pages/studies.py", **address):
        def show_pass(app):
            app.secrets, app.user = secrets, user if isinstance(user, dict) else claims(user.name)

        return open_page(file, at_door=show_pass, **address)

    return open_it


@pytest.fixture
def annas(finished):
    """A finished search that belongs to Anna."""
    return given_to(finished, ANNA)


def given_to(search, person):
    search.study.set_user_attr("chromasonic:owner", person.to_json())
    search.owner = person
    return search


def everything(page):
    """All that came to the browser, the tables too, but for when it was sent."""
    tables = str([frame.value.to_dict() for frame in page.dataframe])
    told = "\n".join([tables, *(str(getattr(element, "proto", "")) for element in page._tree)])
    return re.sub(r'\\"at\\": [0-9.]+', "", told)


def test_an_address_brings_nobody_elses_search_beside_ones_own(annas, enter, workspace):
    given_to(searches.practice_search(workspace, "Bob's own"), BOB)
    given_to(searches.practice_search(workspace, "Bob's other"), BOB)
    page = enter(BOB, "pages/compare.py", studies=f"{annas.id},{annas.id + 1},{annas.id + 2}")
    assert page.multiselect(key="compared searches").value == [annas.id + 1, annas.id + 2]
    assert page.warning[0].value == compare_words.GONE
    assert "Forty" not in everything(page)


def test_the_title_of_the_tab_tells_nobody_of_a_search_that_is_no_longer_theirs_to_see(annas, enter):
    annas.share(True)
    searches.held_elsewhere(annas)
    page = enter(BOB, "pages/progress.py", search=annas.name)
    annas.share(False)
    page.switch_page("pages/help.py").run()
    assert annas.folder.name not in everything(page)
    assert "watched search" not in page.session_state


# ---- the door -------------------------------------------------------------------------------------------------------


NOT_LOGGED_IN = {"is_logged_in": False}


@pytest.mark.parametrize(
    "user, file",
    [
        *((NOT_LOGGED_IN, file) for file in ["pages/music.py", *PAGES, "pages/help.py"]),
        (claims("Eve", email="eve@evil.org"), "pages/studies.py"),
        (claims("Eve", email_verified=False), "pages/studies.py"),  # anyone could claim that e-mail
    ],
)
def test_nobody_else_sees_anything(annas, enter, user, file):
    annas.share(True)
    page = enter(user, file, search=annas.name)
    assert [title.value for title in page.title] == [words.WELCOME]
    assert [button.label for button in page.button] in ([words.LOG_IN], [words.LOG_OUT])
    assert not page.dataframe and "Forty" not in everything(page)


@pytest.fixture
def secrets_file(tmp_path):
    """Puts text into the secrets.toml that the server looks for."""
    file = tmp_path / "secrets.toml"
    before, where = config.get_option("secrets.files"), config.get_where_defined("secrets.files")

    def write(text, asked_for=False):
        if text is not None:
            file.write_text(text)
        config._set_option("secrets.files", [str(file)], "test" if asked_for else "<default>")
        secrets_singleton._secrets = None

    yield write
    config._set_option("secrets.files", before, where)
    secrets_singleton._secrets = None


@pytest.mark.parametrize(
    "text, asked_for, told",
    [
        ("[auth", False, "cannot be read"),
        ("[auth", True, "nothing is there"),
        (None, True, "nothing is there"),
        ("[team]\nmusic_mib = 5", False, "none that says how people log in"),
        ("[auth]", False, "none that says how people log in"),
        ("[auth]\nclient_id = 'c'\n[team]\nmember = ['a@b.org']", False, "member: is no rule"),
        ("auth = 3", False, "none that says how people log in"),
    ],
)
def test_a_server_that_cannot_tell_who_may_come_in_lets_nobody_in(
    secrets_file, annas, open_page, texts, text, asked_for, told
):
    secrets_file(text, asked_for)
    page = open_page("pages/music.py")
    assert [title.value for title in page.title] == [words.CLOSED]
    assert told in page.error[0].value.replace("\\", "")
    assert len(page.button) == 0


@pytest.mark.parametrize("text", [None, "[storage]\npassword = 'x'"], ids=["no secrets", "secrets of something else"])
def test_without_a_login_nothing_changes_for_a_lone_musician(secrets_file, annas, open_page, texts, text):
    secrets_file(text)
    page = open_page("pages/studies.py")
    assert list(page.dataframe[0].value[studies_words.NAME]) == [annas.name]
    assert studies_words.WHOSE not in page.dataframe[0].value
    assert {"rename", "delete", "start dashboard"} <= {button.key for button in page.button}
    assert f"shared {annas.folder.name}" not in {toggle.key for toggle in page.toggle}


# ---- another person's search ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", OF_A_SEARCH)
def test_another_persons_search_is_as_good_as_none(annas, enter, file):
    page = enter(BOB, file, search=annas.name)
    gone = enter(BOB, file, search="Nothing of this name")
    assert not page.dataframe
    assert [error.value for error in page.error] == [
        error.value.replace("Nothing of this name", annas.name) for error in gone.error
    ]
    assert everything(page).replace(annas.name, "") == everything(gone).replace("Nothing of this name", "")


def test_people_see_their_own_searches_and_those_shared(annas, workspace, enter):
    given_to(searches.practice_search(workspace, "Bob's own"), BOB)
    searches.practice_search(workspace, "From the terminal")

    def listed(person):
        table = enter(person).dataframe[0].value
        return dict(zip(table[studies_words.NAME], table[studies_words.WHOSE], strict=True))

    assert listed(ANNA) == {annas.name: "yours", "From the terminal": "nobody's"}
    assert listed(BOB) == {"Bob's own": "yours", "From the terminal": "nobody's"}
    assert listed(CAROL) == {annas.name: "Anna", "Bob's own": "Bob", "From the terminal": "nobody's"}
    page = enter(ANNA, search=annas.name)
    page.toggle(key=f"shared {annas.folder.name}").set_value(True).run()
    assert listed(ANNA)[annas.name] == "yours, shared"
    assert listed(BOB)[annas.name] == "Anna"
    page.toggle(key=f"shared {annas.folder.name}").set_value(False).run()
    assert annas.name not in listed(BOB)


@pytest.mark.parametrize("file", OF_A_SEARCH)
def test_a_shared_search_is_there_to_look_at_and_nothing_on_its_page_changes_it(annas, enter, file):
    annas.share(True)
    page = enter(BOB, file, search=annas.name)
    assert not page.error and "Forty tunes" in everything(page)
    keys = {button.key for button in page.button}
    assert not keys & {"rename", "delete", "go on", "further", "resume", "stop", "pause or go on", "train final"}
    assert {toggle.key for toggle in page.toggle} <= {"avoid copies"}  # how it sings is for whoever listens


NO_CHANGES = ("is_allowed", "_called", "final_model_of", "final_as_file", "keep_final")  # who may look may take home


def changes():
    """Every change there is, with what it asks beside the search."""
    asked = {"name": "Mine now", "n_trials": 9, "timeout": None, "added": ["mine"], "removed": [], "trial": None}
    asked |= {"text": "Mine now", "instead_of": WrittenNote()}  # and what begins with is_: true
    for name, action in inspect.getmembers(actions, inspect.isfunction):
        first, *others = [*inspect.signature(action).parameters, None]
        if first == "search" and action.__module__ == actions.__name__ and name not in NO_CHANGES:
            yield name, [asked.get(other, True) for other in others if other]


def do_them(search_name, changes):
    import streamlit as st

    from chromasonic.errors import ChromasonicError
    from chromasonic.melody_generation.hyperparameter_search.catalogue import open_search
    from chromasonic.ui import actions, context

    for action, arguments in changes:
        try:
            getattr(actions, action)(open_search(search_name, context.workspace()), *arguments)
            st.success(f"{action} was done")
        except ChromasonicError as error:
            st.error(str(error))


@pytest.mark.parametrize(
    "owner, is_shared, refusal",
    [
        (ANNA, True, words.NOT_YOURS.format(name=NAME, owner="Anna")),
        (ANNA, False, str(not_found(NAME))),
        (None, False, words.NOBODYS.format(name=NAME)),
    ],
    ids=["shared", "private", "nobody's"],
)
def test_whoever_calls_for_a_change_is_asked_who_they_are(finished, secrets, owner, is_shared, refusal):
    if owner:
        given_to(finished, owner)
    finished.share(is_shared)
    before = (dict(finished.study.user_attrs), len(finished.study.trials), sorted(finished.folder.rglob("*")))
    app = AppTest.from_function(do_them, args=(NAME, list(changes())))
    app.secrets, app.user = secrets, claims("Bob")
    app.run()
    assert not app.success and len(app.error) == len(list(changes())) >= 10
    assert {error.value for error in app.error} == {refusal}
    assert (dict(finished.study.user_attrs), len(finished.study.trials), sorted(finished.folder.rglob("*"))) == before


def test_everyone_compares_the_songs_of_a_shared_search_with_their_own_ears(annas, enter):
    annas.share(True)
    for number in (0, 1):  # whatever they learned, they sing differently
        write_song(annas.songs.stem(number), Melody((Note(0, 1, 60 + number), Note(1, 1, 64))))
    bobs, annas_ears = (Comparisons(annas.folder / "ears" / f"{person.folder}.jsonl") for person in (BOB, ANNA))
    page = enter(BOB, "pages/ears.py", search=annas.name)
    page.button(key="answer left").click().run()
    assert len(bobs.read()) == 1 and annas_ears.read() == []
    assert not [button for button in enter(ANNA, "pages/ears.py", search=annas.name).button if button.key == "undo"]
    annas.share(False)
    page.button(key="answer left").click().run()
    assert "There is no search called" in page.error[0].value
    assert len(bobs.read()) == 1


def test_a_door_that_is_closed_while_someone_looks_is_closed_at_their_next_look(annas, enter):
    annas.share(True)
    page = enter(BOB, "pages/progress.py", search=annas.name)
    assert not page.error
    annas.share(False)
    page.run()
    assert "There is no search called" in page.error[0].value


def test_whoever_looks_after_the_server_may_delete_what_a_member_left_behind(annas, enter, workspace):
    page = enter(CAROL, search=annas.name)
    page.button(key="delete").click().run()
    page.button(key="delete yes").click().run()
    assert list_searches(workspace) == []


def test_a_name_in_use_is_refused_without_a_word_about_whose_it_is(annas, workspace, enter):
    given_to(searches.practice_search(workspace, "Bob's own"), BOB)
    page = enter(BOB, search="Bob's own")
    page.button(key="rename").click().run()
    page.text_input(key="new name").set_value(annas.name)
    page.button(key="rename yes").click().run()
    refusal = str(page.session_state[REFUSAL])
    assert "There is already a search called" in refusal and "Anna" not in refusal


def test_what_bob_composes_with_a_shared_search_is_not_annas(annas, enter):
    annas.share(True)
    page = enter(BOB, "pages/listen.py", search=annas.name)
    page.button(key=f"compose {annas.folder.name}").click().run()
    assert not page.error
    assert [file.name for file in annas.folder.glob("composition*")] == [f"composition-{BOB.folder}.music"]


def test_each_person_has_a_shelf_of_their_own(annas, enter, workspace):
    annas.share(True)
    page = enter(BOB, "pages/listen.py", search=annas.name)
    page.button(key=f"compose {annas.folder.name}").click().run()
    page.button(key="keep").click().run()
    assert len(list_melodies(workspace.of(BOB).melodies)) == 1
    assert list_melodies(workspace.of(ANNA).melodies) == list_melodies(workspace.melodies) == []
    page = enter(ANNA, "pages/listen.py", search=annas.name)
    page.selectbox(key=f"opening {annas.folder.name}").set_value("kept").run()
    assert listen_words.SHELF_EMPTY in [caption.value for caption in page.caption]


def test_a_melody_that_finds_no_room_is_not_kept(annas, enter, workspace, secrets):
    secrets["team"]["music_mib"] = 1
    (workspace.of(ANNA).own / "large").write_bytes(bytes(2**20))
    page = enter(ANNA, "pages/listen.py", search=annas.name)
    page.button(key=f"compose {annas.folder.name}").click().run()
    page.button(key="keep").click().run()
    assert "MiB that each person has on this server" in page.error[0].value
    assert list_melodies(workspace.of(ANNA).melodies) == []


def test_the_dashboard_which_has_no_login_is_not_offered(annas, enter):
    for person in (ANNA, CAROL):
        page = enter(person, search=annas.name)
        assert "start dashboard" not in {button.key for button in page.button}
        assert studies_words.DASHBOARD not in [header.value for header in page.header]


# ---- another person's music -----------------------------------------------------------------------------------------


def test_music_and_uploads_are_their_owners_alone(with_ryans, workspace, enter, melody):
    tune = melody([60, 62, 64, 65, 67] * 20, title="Anna's secret tune")
    save_music_set(workspace.of(ANNA).music, MusicSet("Secret", (tune,)))
    upload = keep_upload(workspace.of(ANNA).uploads, [("secret.abc", b"X:1\nT:Anna's secret tune\nK:C\nCDEF GABc|\n")])
    for address in (
        {"music": "Secret", "from": "saved"},
        {"from": "files", "upload": upload.token},
        {"saved": "Secret"},
    ):
        assert "ecret" not in everything(enter(BOB, "pages/music.py", **address)).replace(str(address), "")
    page = enter(BOB, "pages/search.py", music="Secret")
    assert "is no longer here" in page.warning[0].value
    assert "Secret" in everything(enter(ANNA, "pages/search.py", music="Secret"))


def test_two_people_may_call_their_music_alike(workspace, enter, melody):
    tunes = {ANNA: melody([60, 62] * 20, title="Of Anna"), BOB: melody([70, 72] * 20, title="Of Bob")}
    for person, tune in tunes.items():
        save_music_set(workspace.of(person).music, MusicSet("Mine", (tune,)))
    for person in (ANNA, BOB, ANNA):
        page = enter(person, "pages/music.py")
        page.segmented_control(key="from").set_value("saved").run()
        assert f"Of {person.name}" in everything(page)
        assert load_music_set(workspace.of(person).music, "Mine").melodies[0].title == f"Of {person.name}"


# ---- what each may take ---------------------------------------------------------------------------------------------


def upload(page, *files):
    page.segmented_control(key="from").set_value("files").run()
    page.file_uploader[0].set_value([(name, data, "text/plain") for name, data in files]).run()
    return page


TUNE = b"X:1\nT:Scale\nK:C\nCDEF GABc|\n"


@pytest.mark.parametrize(
    "rules, files, told",
    [
        ({"upload_files": 2}, [(f"{n}.abc", TUNE) for n in range(3)], music_words.TOO_MANY.format(n=3, limit=2)),
        ({"upload_mib": 1}, [("a.abc", TUNE + b"%" * 2**20)], music_words.TOO_LARGE.format(size=2, limit=1)),
        ({"music_mib": 1}, [("a.abc", TUNE + b"%" * 2**20)], "of the 1 MiB that each person has on this server"),
    ],
    ids=["files", "one upload", "all music"],
)
def test_an_upload_beyond_the_quota_is_refused_and_not_kept(secrets, workspace, enter, rules, files, told):
    secrets["team"].update(rules)
    page = upload(enter(BOB, "pages/music.py"), *files)
    assert told in page.error[0].value.replace("\\", "")
    assert not list(workspace.of(BOB).uploads.rglob("*.bin"))


def test_an_earlier_upload_makes_room_for_the_next(secrets, workspace, enter):
    secrets["team"]["music_mib"] = 1
    keep_upload(workspace.of(BOB).uploads, [("old.abc", TUNE + b"%" * 600_000)])
    page = upload(enter(BOB, "pages/music.py"), ("new.abc", TUNE + b"%" * 600_000))
    assert not page.error
    names = [list(json.loads(file.read_text())) for file in workspace.of(BOB).uploads.rglob("files.json")]
    assert names == [["new.abc"]]


def test_saved_music_beyond_the_quota_is_refused(secrets, with_ryans, workspace, enter):
    secrets["team"]["music_mib"] = 1
    (workspace.of(BOB).music).mkdir(parents=True)
    (workspace.of(BOB).music / "large.music").write_bytes(b"x" * 2**20)
    page = enter(BOB, "pages/music.py")
    page.button(key="use").click().run()
    assert "Delete saved music that you no longer need" in page.error[0].value
    assert [summary.name for summary in list_music_sets(workspace.of(BOB).music)] == ["large"]


def take_in(size):
    import io

    import streamlit as st

    from chromasonic.errors import AccessError
    from chromasonic.ui import actions

    try:
        actions.take_in(io.BytesIO(b"x" * size))
    except AccessError as error:
        st.error(str(error))


def test_an_exported_search_beyond_the_quota_is_refused_before_it_is_opened(secrets, workspace):
    secrets["team"]["upload_mib"] = 1
    app = AppTest.from_function(take_in, args=(2**20 + 1,))
    app.secrets, app.user = secrets, claims("Bob")
    app.run()
    assert app.error[0].value == words.TOO_LARGE.format(size=1, limit=1)


def busy_with(*names):
    import streamlit as st

    from chromasonic.errors import AccessError
    from chromasonic.melody_generation.hyperparameter_search.catalogue import open_search
    from chromasonic.ui import actions, context

    running = [open_search(name, context.workspace()) for name in names]
    try:
        actions.refuse_when_full(running)
        st.success("free")
    except AccessError as error:
        st.error(str(error))


@pytest.mark.parametrize(
    "names, told",
    [
        ([], None),
        (["Anna's"], None),
        (["Bob's"], words.FULL_EACH.format(limit=1, busy="“Bob's”")),
        (["Anna's", "Nobody's"], words.FULL.format(limit=2, busy="one of Anna's and “Nobody's”")),
    ],
)
def test_more_searches_than_may_run_are_refused_by_name_of_what_one_may_see(secrets, workspace, names, told):
    secrets["team"].update(searches_each=1, searches_at_once=2)
    for name, owner in (("Anna's", ANNA), ("Bob's", BOB)):
        given_to(searches.practice_search(workspace, name), owner)
    searches.practice_search(workspace, "Nobody's")
    app = AppTest.from_function(busy_with, args=names)
    app.secrets, app.user = secrets, claims("Bob")
    app.run()
    assert [error.value for error in app.error] == ([told] if told else [])


def test_a_search_that_may_not_start_is_not_made(secrets, finished, with_limits, enter, monkeypatch):
    monkeypatch.setattr(
        "chromasonic.melody_generation.hyperparameter_search.registry.SearchRegistry.busy", lambda registry: [finished]
    )
    given_to(finished, BOB)
    page = enter(BOB, "pages/search.py")
    assert "each person may train 1 at once" in page.info[0].value
    page.button(key="start").click().run()
    assert words.FULL_EACH.format(limit=1, busy=f"“{finished.name}”") in page.error[0].value.replace("\\", "")
    assert [search.name for search in list_searches(finished.workspace)] == [finished.name]


@pytest.fixture
def with_limits(secrets, finished):
    """Bob has music, and may run one search."""
    secrets["team"].update(searches_each=1)
    tunes = load_music_set(finished.workspace.music, "Forty tunes")
    save_music_set(finished.workspace.of(BOB).music, tunes)


def test_a_search_started_here_belongs_to_who_started_it(finished, with_limits, enter):
    page = enter(BOB, "pages/search.py")
    page.button(key="start").click().run()
    mine = next(search for search in list_searches(finished.workspace) if search.name != finished.name)
    assert mine.owner == BOB and not mine.is_shared
    page.switch_page("pages/progress.py").run()
    page.button(key="stop").click().run()


def test_the_health_of_the_server_is_for_whoever_looks_after_it(workspace, enter):
    assert not {button.key for button in enter(BOB, "pages/help.py").button} & {"look", "gather"}
    assert {"look", "gather"} <= {button.key for button in enter(CAROL, "pages/help.py").button}


def test_the_account_tells_what_is_taken_and_who_looks_after_the_server(annas, enter, texts):
    page = enter(CAROL)
    assert words.ADMINISTRATOR in texts(page)
    assert words.USED.format(used=0, limit=TeamRules().music_mib) in texts(page)
    assert page.code[0].value == CAROL.id


def test_a_person_is_known_by_their_id_whatever_name_they_take(annas, enter):
    assert annas.name not in everything(enter(claims("Bob", name="Anna", email="anna@example.org")))
    assert annas.name in everything(enter(claims("Anna", name="Frau Bach", email="bach@example.org")))
    assert open_search(annas.name, annas.workspace).record().state is SearchState.FINISHED


# ---- files that leave and come, and what is wrong -------------------------------------------------------------------

EXPORTED = Path(__file__).parents[1] / "melody_generation/hyperparameter_search/data/six-songs-format-1.chromasonic"


def test_only_its_owner_exports_a_search_and_an_imported_one_belongs_to_who_brought_it(annas, enter):
    annas.share(True)
    assert "export" in [button.key for button in enter(ANNA, search=annas.name).button]
    page = enter(BOB, search=annas.name)
    assert "export" not in [button.key for button in page.button]
    page.button(key="import").click().run()
    page.get("file_uploader")[0].set_value(("x.chromasonic", EXPORTED.read_bytes(), "application/octet-stream"))
    page.button(key="import yes").click().run()
    owners = {search.name: search.owner.name for search in list_searches(annas.workspace)}
    assert owners == {"Six songs": "Bob", NAME: "Anna"}


def test_the_report_and_the_doctor_are_for_the_administrator(annas, enter):
    assert [button.key for button in enter(BOB, "pages/help.py").button if button.key in ("look", "gather")] == []
    assert {"look", "gather"} <= {button.key for button in enter(CAROL, "pages/help.py").button}
