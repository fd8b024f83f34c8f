"""What is downloaded is there when the browser asks for it."""

from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from chromasonic.ui import downloads


def test_a_download_outlives_the_script_runs_that_come_between(monkeypatch):
    downloads.keep_for_a_while()
    manager = MediaFileManager(MemoryMediaFileStorage("/media"))
    pressed = manager.add_deferred(lambda: b"a report", "text/plain", "button", file_name="report.txt")
    url = manager.execute_deferred(pressed)
    file_id = url.rsplit("/", 1)[-1].split(".")[0]
    for _ in range(5):
        manager.remove_orphaned_files()
    assert manager.read_file(file_id).content == b"a report"

    monkeypatch.setattr(downloads, "KEPT_FOR", -1.0)
    manager.remove_orphaned_files()
    assert manager.read_file(file_id) is None
