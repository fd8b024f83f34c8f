"""The Help page: is everything well, and a report that one can read before it is given away."""

import searches

from chromasonic.operations import doctor
from chromasonic.ui.wording import help as words

PAGE = "pages/help.py"


def test_the_report_is_shown_before_it_is_downloaded(workspace, open_page):
    searches.practice_search(workspace, "Marys secret")
    page = open_page(PAGE)
    page.button(key="gather").click().run()
    assert [box.label for box in page.expander] == [
        "README.txt", "versions.txt", "doctor.txt", "log.txt", "searches.json",
    ]  # fmt: skip
    shown = "\n".join(code.value for code in page.code)
    assert "app opened" in shown and '"search": 1' in shown
    assert "Marys secret" not in shown
    assert page.get("download_button")[0].label == words.DOWNLOAD


def test_each_finding_is_said(workspace, open_page, texts, monkeypatch):
    monkeypatch.setattr(doctor, "_self_test", lambda: iter(()))
    page = open_page(PAGE)
    page.button(key="look").click().run()
    assert "✓ Python" in texts(page) and words.ALL_WELL in texts(page)
    monkeypatch.setattr(doctor, "ENOUGH_DISK", 1e9)
    page.button(key="look").click().run()
    assert "✗ Disk" in texts(page) and words.SOMETHING_WRONG in texts(page)
