"""Links of letters: each for one purpose, readable after a rotation, by nobody else."""

import pytest

from newsroom.errors import TokenRefused
from newsroom.keys import KeyRing, Secret
from newsroom.public_links import NOBODY, PersonOnList, PublicLinks

OLD, NEW = Secret(1, b"1" * 32), Secret(2, b"2" * 32)
LINKS = PublicLinks(KeyRing((OLD,)), "https://news.example.org")


def token(link: str) -> str:
    return link.rpartition("/")[2]


def test_personal_links_lead_back_to_person_and_list() -> None:
    person = PersonOnList(subscriber_id=41, list_id=3)
    assert LINKS.read_unsubscribe(token(LINKS.unsubscribe(41, 3))) == person
    assert LINKS.read_preferences(token(LINKS.preferences(41, 3))) == person
    assert LINKS.read_view(token(LINKS.view(99))) == 99


def test_a_link_says_in_which_letter_it_stood() -> None:
    person = PersonOnList(subscriber_id=41, list_id=3, delivery_id=99)
    assert LINKS.read_unsubscribe(token(LINKS.unsubscribe(41, 3, 99))) == person
    assert LINKS.read_preferences(token(LINKS.preferences(41, 3, 99))) == person


def test_links_are_the_ones_of_the_house_plan() -> None:
    assert LINKS.unsubscribe(41, 3).startswith("https://news.example.org/u/")
    assert LINKS.preferences(41, 3).startswith("https://news.example.org/p/")
    assert LINKS.view(99).startswith("https://news.example.org/v/")
    assert LINKS.media("k3.png") == "https://news.example.org/media/k3.png"
    assert LINKS.archive("city") == "https://news.example.org/archive/city/"
    assert LINKS.archive("city", "spring") == "https://news.example.org/archive/city/spring/"
    assert LINKS.archive("city", "spring", "ar") == "https://news.example.org/archive/city/spring/ar"


def test_a_link_serves_its_own_purpose_only() -> None:
    for read in (LINKS.read_preferences, LINKS.read_view):
        with pytest.raises(TokenRefused):
            read(token(LINKS.unsubscribe(41, 3)))
    with pytest.raises(TokenRefused):
        LINKS.read_unsubscribe(token(LINKS.view(99)))


def test_the_link_of_a_test_letter_is_nobodys() -> None:
    assert LINKS.read_unsubscribe(token(LINKS.unsubscribe(NOBODY, 3))).is_test
    assert not LINKS.read_unsubscribe(token(LINKS.unsubscribe(1, 3))).is_test


def test_links_in_old_letters_work_after_a_rotation_and_not_after_their_key_is_gone() -> None:
    old = token(LINKS.unsubscribe(41, 3))
    assert PublicLinks(KeyRing((NEW, OLD)), "").read_unsubscribe(old).subscriber_id == 41
    with pytest.raises(TokenRefused):
        PublicLinks(KeyRing((NEW,)), "").read_unsubscribe(old)
