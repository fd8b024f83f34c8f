"""Who may see and change a search, and what the rules of a team's server make of a login."""

import pytest

from chromasonic.errors import SettingsError
from chromasonic.people import Person, TeamRules, may_change, may_see

ANNA, BOB = Person("https://id.example 1", "Anna"), Person("https://id.example 2", "Bob")
CAROL = Person("https://id.example 3", "Carol", is_administrator=True)
CLAIMS = {"iss": "https://id.example", "sub": "1", "email": "Anna@Example.org", "email_verified": True}


@pytest.mark.parametrize(
    "person, owner, is_shared, sees, changes",
    [
        (None, None, False, True, True),  # no login: a lone musician
        (None, ANNA, False, True, True),
        (ANNA, ANNA, False, True, True),
        (BOB, ANNA, False, False, False),
        (BOB, ANNA, True, True, False),
        (BOB, None, False, True, False),  # from the terminal, or from before there was a login
        (CAROL, ANNA, False, True, True),
        (CAROL, None, False, True, True),
        (Person(ANNA.id, "Anna, who married"), ANNA, False, True, True),
        (Person("https://other.example 1", "Anna"), ANNA, False, False, False),  # the same subject elsewhere
    ],
)
def test_who_may_see_and_who_may_change(person, owner, is_shared, sees, changes):
    assert may_see(person, owner, is_shared) is sees
    assert may_change(person, owner) is changes


def test_a_person_is_told_by_issuer_and_subject_and_never_by_name():
    rules = TeamRules()
    assert rules.person({**CLAIMS, "name": "Bob", "email": "bob@example.org"}).id == rules.person(CLAIMS).id
    assert rules.person({**CLAIMS, "iss": "https://other.example"}).folder != rules.person(CLAIMS).folder
    assert Person.from_json(ANNA.to_json()) == ANNA
    assert len(ANNA.folder) == 32 and ANNA.folder.isalnum()


@pytest.mark.parametrize(
    "entries, claims, found",
    [
        (["anna@example.org"], CLAIMS, True),
        (["@EXAMPLE.org"], CLAIMS, True),
        (["https://id.example 1"], CLAIMS, True),
        (["https://id.example 1"], {**CLAIMS, "email": None}, True),
        (["anna@example.org"], {**CLAIMS, "email_verified": False}, False),  # anyone can claim any e-mail
        (["anna@example.org"], {key: CLAIMS[key] for key in ("iss", "sub", "email")}, False),
        (["anna@example.org"], {**CLAIMS, "email_verified": "true"}, False),
        (["@ample.org"], CLAIMS, False),
        (["@example.org"], {**CLAIMS, "email": "anna@example.org@evil.org"}, False),
        (["@example.org"], {**CLAIMS, "email": ""}, False),
        (["1", "https://id.example 2"], CLAIMS, False),
        (["anna@example.org"], {"iss": "https://id.example", "sub": "anna@example.org"}, False),
        ([], CLAIMS, False),
    ],
)
def test_an_administrator_is_named_by_id_or_by_a_verified_email(entries, claims, found):
    assert TeamRules(administrators=tuple(entries)).person(claims).is_administrator is found
    assert TeamRules(members=tuple(entries)).lets_in(claims) is (found or not entries)


def test_an_administrator_is_a_member():
    assert TeamRules(members=("@other.org",), administrators=("https://id.example 1",)).lets_in(CLAIMS)


@pytest.mark.parametrize(
    "section, message",
    [
        ({"uplod_mib": 3}, "uplod_mib: is no rule of [team]"),
        ({"upload_mib": "3"}, "upload_mib: must be a whole number"),
        ({"searches_each": 0}, "searches_each: must be a whole number of at least 1, not 0"),
        ({"searches_each": True}, "not True"),
        ({"members": "anna@example.org"}, "members: must be a list"),
        ({"administrators": [""]}, "administrators: must be a list"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(section, message):
    with pytest.raises(SettingsError) as refused:
        TeamRules.from_section(section)
    assert message in str(refused.value)


def test_rules_that_are_not_given_have_defaults():
    rules = TeamRules.from_section({"music_mib": 7, "members": ["@a.org"]})
    assert (rules.music_mib, rules.members, rules.upload_mib) == (7, ("@a.org",), TeamRules().upload_mib)
