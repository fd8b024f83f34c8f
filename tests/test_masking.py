"""No password of a storage's address is ever shown."""

import pytest

from chromasonic.masking import masked


@pytest.mark.parametrize(
    "url, shown",
    [
        ("sqlite:////home/anna/Chromasonic/searches.db", "sqlite:////home/anna/Chromasonic/searches.db"),
        ("postgresql+psycopg2://anna@host/studies", "postgresql+psycopg2://anna@host/studies"),
        ("postgresql://host:5432/studies?sslmode=require", "postgresql://host:5432/studies?sslmode=require"),
        ("postgresql://anna:hunter2@host:5432/studies", "postgresql://anna:***@host:5432/studies"),
        ("postgresql+psycopg2://anna:p%40s%3As%2Fw@host/db", "postgresql+psycopg2://anna:***@host/db"),
        ("mysql+pymysql://anna:p@ss:w@rd@host/db", "mysql+pymysql://anna:***@host/db"),
        ("postgresql://anna:p/a?s#s@host/db", "postgresql://anna:***@host/db"),
        ("postgresql://anna:two words@host/db", "postgresql://anna:***@host/db"),
        ("postgresql://:hunter2@host/db", "postgresql://:***@host/db"),
        ("postgresql://host/db?user=anna&password=hunter2", "postgresql://host/db?user=anna&password=***"),
        ("postgresql://host/db?password=h%40x&sslmode=require", "postgresql://host/db?password=***&sslmode=require"),
        ("postgresql://anna@host/db?sslpassword=hunter2", "postgresql://anna@host/db?sslpassword=***"),
        ("postgresql://a:b@host/db?sslpassword=c&x=1", "postgresql://a:***@host/db?sslpassword=***&x=1"),
        ("mysql://host/db?ssl_key_PASSPHRASE=c", "mysql://host/db?ssl_key_PASSPHRASE=***"),
        ("postgresql://host/db?passwd=x;pwd=y", "postgresql://host/db?passwd=***;pwd=***"),
        ("s3://bucket?aws_secret_access_key=x%2Fy&region=eu", "s3://bucket?aws_secret_access_key=***&region=eu"),
        ("postgresql://пользователь:пароль@host/db", "postgresql://пользователь:***@host/db"),
        ("host=h user=anna password=hunter2 dbname=d", "host=h user=anna password=*** dbname=d"),
        (r"host=h password='hunter \'2' dbname=d", "host=h password=*** dbname=d"),
    ],
)
def test_an_address_is_shown_without_its_password(url, shown):
    assert masked(url) == shown
    assert masked(masked(url)) == shown  # whoever masks what was masked changes nothing


@pytest.mark.parametrize(
    "words, shown",
    [
        ("cannot open postgresql://a:b@host/db. Try again.", "cannot open postgresql://a:***@host/db. Try again."),
        ("“mysql://a:b@h/d” and “mysql://c:d@h/e”", "“mysql://a:***@h/d” and “mysql://c:***@h/e”"),
        ("A tune: “Pass the Jug”, 4/4, key = G", "A tune: “Pass the Jug”, 4/4, key = G"),
        ("It reached 2.1 after 3 passes.", "It reached 2.1 after 3 passes."),
    ],
)
def test_words_about_an_address_keep_the_rest(words, shown):
    assert masked(words) == shown


def test_a_driver_that_repeats_a_part_of_the_address_gives_nothing_away():
    url = "postgresql://anna:tops%40cret@host/db?sslpassword=other+one"
    complaint = 'invalid connection option "tops@cret"; tops%40cret; sslpassword other one'
    assert masked(complaint, url) == 'invalid connection option "***"; ***; sslpassword ***'


def test_a_password_cut_at_its_first_at_sign_gives_nothing_away():
    # SQLAlchemy takes “secr” for the password and looks for a host called “et@host”
    assert "secr3t" not in masked('could not translate host name "x": secr3t', "postgresql://a:secr3t@x@host/db")
