"""The Music page: choose, look, listen, use."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from chromasonic.music.melody import Melody
from chromasonic.music.sets import MusicSet, list_music_sets, load_music_set, save_music_set
from chromasonic.ui.wording import music as words
from chromasonic.workspace import Workspace

OpenPage = Callable[..., AppTest]

TWO_TUNES = b"X:1\nT:Twinkle\nM:4/4\nL:1/4\nK:C\nCCGG|AAG2|\nX:2\nT:Frere Jacques\nM:4/4\nL:1/4\nK:G\nGABG|GABG|\n"


def bring(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    """Choose one's own files and upload these."""
    page.segmented_control(key="from").set_value("files").run()
    page.file_uploader(key="files").set_value([(name, data, "application/octet-stream") for name, data in files]).run()
    assert not page.exception
    return page


def texts(page: AppTest) -> str:
    """Everything written on the page."""
    return "\n".join(
        element.value for kind in ("markdown", "caption", "error", "warning") for element in page.get(kind)
    )


def test_the_first_page_offers_ryans_collection_and_reads_nothing_yet(open_page: OpenPage) -> None:
    page = open_page()
    assert page.title[0].value == words.TITLE
    assert page.selectbox(key="collection").value == "ryans"
    assert "1,059 fiddle tunes" in texts(page)
    assert "Ray Davies" in texts(page)  # its licence note
    assert not page.dataframe


def test_the_primary_button_alone_keeps_ryans_tunes_and_turns_to_the_search_page(
    home: Path, with_ryans: None, open_page: OpenPage
) -> None:
    page = open_page()
    page.button(key="use").click().run()
    (saved,) = list_music_sets(home / "music")
    assert saved.name == "Ryan's Mammoth Collection"
    assert saved.n_tunes > 1_000
    assert page.query_params["music"] == saved.name


def test_the_same_music_used_twice_is_kept_once(home: Path, with_ryans: None, open_page: OpenPage) -> None:
    for _ in range(2):
        open_page().button(key="use").click().run()
    assert len(list_music_sets(home / "music")) == 1


def test_tunes_can_be_seen_and_heard(with_ryans: None, open_page: OpenPage) -> None:
    page = open_page(tune="3")
    table = page.dataframe[0].value
    assert list(table.columns) == list(words.COLUMNS.values())
    assert len(table) > 1_000
    assert page.subheader[0].value == table["Title"][2].replace("~", "\\~")
    assert page.get("audio")
    assert page.get("bidi_component")


def test_own_files_are_read_and_bad_ones_listed_with_their_reason(open_page: OpenPage) -> None:
    page = bring(open_page(), ("two.abc", TWO_TUNES), ("broken.mid", b"MThd nothing"), ("score.pdf", b"%PDF-1.4"))
    assert list(page.dataframe[0].value["Title"]) == ["Twinkle", "Frere Jacques"]
    assert "**broken.mid** –" in texts(page)
    assert "this is a PDF" in texts(page)


def test_own_files_survive_a_reload(open_page: OpenPage) -> None:
    page = bring(open_page(), ("two.abc", TWO_TUNES))
    again = open_page(**{"from": words.SOURCES["files"], "upload": page.query_params["upload"]})
    assert list(again.dataframe[0].value["Title"]) == ["Twinkle", "Frere Jacques"]
    assert "two.abc" in texts(again)


def test_own_files_are_kept_under_the_name_they_are_given(home: Path, open_page: OpenPage) -> None:
    page = bring(open_page(), ("two.abc", TWO_TUNES))
    page.text_input[0].set_value("Nursery").run()
    page.button(key="use").click().run()
    assert [melody.title for melody in load_music_set(home / "music", "Nursery").melodies] == [
        "Twinkle",
        "Frere Jacques",
    ]


def test_a_collection_and_own_files_make_one_music(home: Path, with_ryans: None, open_page: OpenPage) -> None:
    page = open_page()
    page.segmented_control(key="from").set_value("both").run()
    page.file_uploader(key="files").set_value([("two.abc", TWO_TUNES, "text/vnd.abc")]).run()
    page.button(key="use").click().run()
    (saved,) = list_music_sets(home / "music")
    assert saved.sources == ("Ryan's Mammoth Collection", "two.abc")
    assert saved.n_tunes > 1_002


def test_only_files_that_gave_a_tune_are_named_as_its_source(home: Path, open_page: OpenPage) -> None:
    one = TWO_TUNES.partition(b"X:2")[0]
    page = bring(open_page(), ("two.abc", TWO_TUNES), ("score.pdf", b"%PDF-1.4"), ("one.abc", one))
    page.button(key="use").click().run()
    (saved,) = list_music_sets(home / "music")
    assert saved.sources == ("two.abc", "one.abc")


def test_copies_of_a_tune_are_counted(open_page: OpenPage) -> None:
    another_key = TWO_TUNES.partition(b"X:2")[0].replace(b"CCGG|AAG2|", b"FFcc|ddc2|")
    page = bring(open_page(), ("two.abc", TWO_TUNES), ("one.abc", another_key))
    assert words.COPIES[True] in texts(page)
    page = bring(open_page(), ("two.abc", TWO_TUNES))
    assert words.COPIES[True] not in texts(page)


def test_music_without_a_name_says_what_is_missing(open_page: OpenPage) -> None:
    page = bring(open_page(), ("two.abc", TWO_TUNES))
    page.text_input[0].set_value(" ").run()
    assert words.NAME_MISSING in texts(page)
    assert page.button(key="use").disabled


def test_files_without_a_single_tune_say_so(home: Path, open_page: OpenPage) -> None:
    page = bring(open_page(), ("score.pdf", b"%PDF-1.4"))
    assert page.warning[0].value == words.NOTHING_READ
    page.button(key="use").click().run()
    assert words.NOTHING_TO_USE in page.error[0].value
    assert list_music_sets(home / "music") == []


def test_saved_music_is_deleted_only_after_a_second_yes(
    home: Path, open_page: OpenPage, melody: Callable[..., Melody]
) -> None:
    save_music_set(Workspace.open(home).music, MusicSet("Scales", (melody([60, 62, 64, 65]),)))
    page = open_page(**{"from": words.SOURCES["saved"]})
    page.button(key="delete").click().run()
    assert [summary.name for summary in list_music_sets(home / "music")] == ["Scales"]
    page.button(key="delete yes").click().run()
    assert list_music_sets(home / "music") == []
    assert not page.exception
    assert page.success[0].value == words.DELETED.format(name="Scales")


@pytest.mark.parametrize("tune", ["0", "-1", "99999", "abc", "²"])
def test_an_address_that_names_no_tune_shows_the_first(
    tune: str, home: Path, open_page: OpenPage, melody: Callable[..., Melody]
) -> None:
    first, second = melody([60, 62, 64, 65], title="First"), melody([67, 65, 64, 62], title="Second")
    save_music_set(Workspace.open(home).music, MusicSet("Scales", (first, second)))
    page = open_page(**{"from": words.SOURCES["saved"], "tune": tune})
    assert page.subheader[0].value == "First"
    assert not page.error
