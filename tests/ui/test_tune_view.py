"""What a melody is called when it is taken home."""

import pytest

from chromasonic.ui import tune_view


@pytest.mark.parametrize(
    "title, stem",
    [
        ("New melody 3", "new-melody-3"),
        (
            "A Willie, we have miss'd you once again – Strathspey (C), continued 3",
            "a-willie-we-have-missd-you-once-again-c-continued-3",
        ),
        ("Frère Jacques, continued", "frère-jacques-continued"),
        ("../..", "untitled"),
        ("a" * 500, "a" * 25 + "-" + "a" * 25),
    ],
    ids=["short", "long", "accents", "no letters", "one long word"],
)
def test_each_variation_goes_home_under_a_readable_name_of_its_own(title, stem):
    assert tune_view.file_stem(title) == stem
    assert len(stem) <= tune_view.LONGEST_FILE_NAME
