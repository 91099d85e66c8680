"""Which words a version shows: the reader's language, else hidden or shown in another, as the list says."""

from typing import Any

import lxml.html
import pytest

from newsroom.rendering.compiled import CompiledLetter
from newsroom.rendering.compiling import compile_letter
from newsroom.rendering.source import PictureSize
from tests.letters import NONCE, source_of, without_marks

TITLE = {"en": "English title", "fr": "Titre français"}


def letter_of(sections: list[dict[str, Any]], language: str = "fr", **changes: Any) -> CompiledLetter:
    document = {"languages": ["en", "fr", "es", "ar"], "subject": {"en": "Subject", "fr": "Sujet"}, "sections": sections}
    return compile_letter(source_of(document, **changes), language, nonce=NONCE)


def page_of(letter: CompiledLetter) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(without_marks(letter.html))


def test_a_section_in_the_reader_s_language_has_no_label() -> None:
    letter = letter_of([{"kind": "update", "title": TITLE}])
    assert "Titre français" in letter.text
    assert "English title" not in letter.text
    assert "En anglais" not in letter.html


def test_a_missing_section_is_hidden_where_the_list_says_so() -> None:
    letter = letter_of([{"kind": "update", "title": {"en": "Only English"}, "text": {"fr": "Texte"}}], missing_translation="hide")
    assert "Only English" not in letter.html + letter.text
    assert "Texte" not in letter.html + letter.text


@pytest.mark.parametrize(("language", "label"), [("fr", "En anglais"), ("es", "En inglés"), ("ar", "بالإنجليزية")])
def test_a_missing_section_is_shown_whole_in_the_first_language_that_has_it(language: str, label: str) -> None:
    section = {
        "kind": "workshop",
        "title": {"en": "Only English"},
        "when": {"day": "2024-05-01"},
        "text": {"en": "Text", language: "Own text"},
    }
    letter = letter_of([section], language)
    (card,) = page_of(letter).xpath('//div[@lang="en"][contains(@class, "card")]')
    assert card.get("dir") == "ltr"
    assert "Wednesday 1 May 2024" in card.text_content()
    assert "Own text" not in card.text_content()
    (said,) = card.xpath(f'.//p[@lang="{language}"]')
    assert said.text_content() == label
    assert f"({label})" in letter.text


def test_the_fallback_follows_the_order_of_the_issue() -> None:
    letter = letter_of([{"kind": "update", "title": {"ar": "عنوان", "es": "Título"}}])
    assert "Título" in letter.text
    assert "En espagnol" in letter.text


def test_a_single_missing_text_is_shown_in_its_own_language_and_direction() -> None:
    letter = letter_of([{"kind": "update", "title": TITLE, "text": {"ar": "نص عربي"}}])
    (passage,) = page_of(letter).xpath('//div[@lang="ar"]')
    assert (passage.get("dir"), passage.text_content()) == ("rtl", "نص عربي")
    assert "text-align:right" in passage.getparent().get("style").replace(" ", "")


def test_a_single_missing_text_is_left_out_where_the_list_hides() -> None:
    letter = letter_of([{"kind": "update", "title": TITLE, "text": {"en": "English text"}}], missing_translation="hide")
    assert "Titre français" in letter.text
    assert "English text" not in letter.html + letter.text


def test_a_single_missing_line_carries_its_language() -> None:
    button = {"label": {"en": "Write to us"}, "url": "https://www.example.org"}
    letter = letter_of([{"kind": "call_to_action", "title": TITLE, "button": button}], "fr")
    (label,) = page_of(letter).xpath('//a//bdi[@lang="en"]')
    assert (label.text_content(), label.get("dir")) == ("Write to us", "ltr")


def test_a_plain_value_is_in_the_first_language_of_the_issue() -> None:
    letter = letter_of([{"kind": "text", "text": "Plain words"}])
    assert "En anglais" in letter.text


def test_names_and_links_are_shown_to_everyone_even_where_texts_are_hidden() -> None:
    section = {
        "kind": "workshop",
        "title": TITLE,
        "city": "Lindholm",
        "organisers": [{"en": "League"}],
        "registration_url": {"en": "https://www.example.org/en"},
    }
    letter = letter_of([section], missing_translation="hide")
    assert "Lindholm" in letter.text
    assert "League" in letter.text
    assert "https://www.example.org/en" in letter.html


def test_a_section_without_words_is_in_every_version() -> None:
    letter = letter_of(
        [{"kind": "partners", "logos": [{"file": "logo.png", "alt": "Fund"}]}],
        "ar",
        missing_translation="hide",
        media={"logo.png": _size()},
    )
    assert "logo.png" in letter.html


def test_a_section_without_its_headline_is_judged_by_its_first_words() -> None:
    section = {"kind": "other_news", "items": [{"text": {"en": "Sunflowers"}}]}
    assert "Sunflowers" not in letter_of([section], missing_translation="hide").text
    assert "En anglais" in letter_of([section]).text


def test_the_subject_is_never_hidden() -> None:
    letter = letter_of([], "ar", missing_translation="hide")
    assert letter.subject == "Subject"


def test_the_current_version_is_marked_and_the_others_are_linked() -> None:
    page = page_of(letter_of([]))
    assert [link.text for link in page.xpath("//td/a[@lang]")] == ["English", "Español", "العربية"]
    (current,) = page.xpath("//td/strong[@lang]")
    assert current.text == "Français"
    assert page.xpath('//a[@lang="ar"]')[0].get("href") == "https://news.example.org/archive/mayors-mechanism/issue/ar"


def test_merge_fields_become_slots_in_text_and_subject() -> None:
    document = {
        "subject": "News for [[ name | you ]]",
        "sections": [{"kind": "welcome", "title": "Dear [[name|friend]],", "text": "At [[ email ]]."}],
    }
    letter = compile_letter(source_of(document), "en", nonce=NONCE)
    slots = [(slot.field, slot.fallback) for slot in letter.slots]
    assert ("name", "you") in slots
    assert ("name", "friend") in slots
    assert slots.count(("email", "")) == 1
    assert letter.subject == f"News for NR{NONCE}S{slots.index(('name', 'you'))}E"
    for part in (letter.html, letter.text):
        assert f"NR{NONCE}S{slots.index(('name', 'friend'))}E" in part
        assert "[[" not in part


def test_a_merge_field_never_stands_in_an_attribute() -> None:
    picture = {"file": "logo.png", "alt": "For [[ name | you ]]"}
    source = source_of({"sections": [{"kind": "image", "image": picture}]}, media={"logo.png": _size()})
    page = lxml.html.document_fromstring(compile_letter(source, "en", nonce=NONCE).html)
    for element in page.iter():
        for name, value in element.attrib.items():
            assert f"NR{NONCE}" not in value or (name == "href" and value.startswith(f"NR{NONCE}S"))
    assert "For you" in page.xpath("//img/@alt")


def test_personal_links_are_bare_tokens() -> None:
    letter = letter_of([])
    hrefs = [href for href in page_of(letter).xpath("//a/@href") if "slot" in href]
    fields = [letter.slots[int(href.removeprefix("slot"))].field for href in hrefs]
    assert fields == ["view_url", "preferences_url", "unsubscribe_url"]


def test_what_is_personal_can_be_left_out_for_the_public_page() -> None:
    letter = letter_of([])
    assert [span.personal for span in letter.spans] == [True, True]


def _size() -> PictureSize:
    return PictureSize(width=100, height=40)


@pytest.mark.parametrize("language", ["en", "fr", "es", "ar"])
def test_past_issues_open_in_the_language_of_the_letter_and_not_of_the_browser(language: str) -> None:
    letter = letter_of([{"kind": "update", "title": dict.fromkeys(("en", "fr", "es", "ar"), "Title")}], language)
    found = [
        link.get("href")
        for link in page_of(letter).iter("a")
        if "/archive/" in link.get("href") and link.get("href").endswith(f"?lang={language}")
    ]
    assert found
    assert f"?lang={language}" in letter.text


def test_the_fallback_follows_the_chain_of_the_list_where_it_has_one() -> None:
    sections = [{"kind": "update", "title": {"ar": "عنوان", "es": "Título", "en": "Title"}, "text": {"ar": "نص"}}]
    letter = letter_of(sections, fallbacks={"fr": ("ar", "es"), "es": ("en",)})
    assert "عنوان" in letter.text
    assert "Título" not in letter.text
    assert "Title" not in letter.text


def test_a_language_outside_the_chain_is_still_found_when_nothing_else_is_there() -> None:
    assert "Título" in letter_of([{"kind": "update", "title": {"es": "Título"}}], fallbacks={"fr": ("en",)}).text


def test_a_single_text_is_looked_for_along_the_chain_too() -> None:
    letter = letter_of([{"kind": "update", "title": TITLE, "text": {"en": "English", "es": "Español"}}], fallbacks={"fr": ("es",)})
    assert "Español" in letter.text
    assert "English text" not in letter.text
