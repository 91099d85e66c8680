"""Lists in the admin: made, set up, and told what is wrong beside the field."""

import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image
from pydantic import SecretStr
from werkzeug.datastructures import MultiDict

from admin.list_forms import topic_rows
from newsroom.house import House
from newsroom.mailing_lists import MailingList, get_list
from tests.factories import a_list
from tests.staff import somebody

NEW = {
    "slug": "rivers", "title": "Cities by the Water", "from_name": "City Network", "from_address": "news@cities.example.org",
    "postal_address": "1 Quay Street\r\n1000 Riverton", "original": "en", "languages": ["fr", "en", "ar"], "timezone": "Europe/Madrid",
}  # fmt: skip
SETTINGS = {
    "title.en": "Cities by the Water", "title.ar": "مدن على الماء", "from_name": "City Network", "from_address": "news@cities.example.org",
    "reply_to": "answers@cities.example.org", "postal_address.en": "1 Quay Street", "footer.en": "You work with a member city.",
    "original": "en", "languages": ["en", "ar"], "timezone": "Africa/Cairo", "missing_translation": "hide", "arabic_months": "levantine",
    "accent": "#0d5c63", "topics": "2", "topic0.slug": "climate", "topic0.title.en": "Climate", "topic0.title.ar": "المناخ",
    "topic1.slug": "", "topic1.title.en": "",
}  # fmt: skip


def the_list(house: House, slug: str = "rivers") -> MailingList:
    with house.database.reading() as session:
        found = get_list(session, slug)
        _ = found.topics
        return found


def a_picture(kind: str = "PNG") -> io.BytesIO:
    data = io.BytesIO()
    Image.new("RGB", (40, 20), "#0d5c63").save(data, kind)
    data.seek(0)
    return data


def test_a_list_is_made_with_its_original_language_first(house: House) -> None:
    staff, _ = somebody(house)
    assert staff.post("/admin/lists/new", **NEW).location == "/admin/lists/rivers"
    made = the_list(house)
    assert (made.languages, made.timezone, made.postal_address) == (["en", "fr", "ar"], "Europe/Madrid", "1 Quay Street\n1000 Riverton")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("slug", "Not a slug", "is not a short name"),
        ("title", "", "Must not be empty"),
        ("from_address", "nonsense", "is not an e-mail address"),
        ("postal_address", "", "Must not be empty"),
        ("timezone", "Mars/Olympus", "is not a time zone"),
    ],
)
def test_a_wrong_field_is_told_beside_it_and_nothing_is_made(house: House, field: str, value: str, sentence: str) -> None:
    staff, _ = somebody(house)
    answer = staff.post("/admin/lists/new", **{**NEW, field: value})
    assert answer.status_code == 422
    assert f'id="field-{field}-error"' in answer.text
    assert sentence in answer.text
    assert "No list yet" in staff.get("/admin/lists").text


def test_every_wrong_field_is_told_at_once(sqlite_house: House) -> None:
    staff, _ = somebody(sqlite_house)
    page = staff.post(
        "/admin/lists/new", **{**NEW, "slug": "Not a slug", "title": "", "from_address": "nonsense", "timezone": "Nowhere"}
    ).text
    for field in ("slug", "title", "from_address", "timezone"):
        assert f'id="field-{field}-error"' in page


def test_a_second_list_of_the_same_name_is_refused(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        a_list(session, slug="rivers")
    staff, _ = somebody(sqlite_house)
    assert "There is a list &#39;rivers&#39; already" in staff.post("/admin/lists/new", **NEW).text


def test_settings_are_saved_in_every_language(house: House) -> None:
    with house.database.transaction() as session:
        a_list(session, slug="rivers", languages=["en", "ar"])
    staff, _ = somebody(house)
    assert staff.post("/admin/lists/rivers", **SETTINGS).status_code == 302
    saved = the_list(house)
    assert saved.title == {"en": "Cities by the Water", "ar": "مدن على الماء"}
    assert (saved.footer, saved.postal_address) == ("You work with a member city.", "1 Quay Street")
    assert (saved.reply_to, saved.timezone, saved.missing_translation) == ("answers@cities.example.org", "Africa/Cairo", "hide")
    assert [(topic.slug, topic.title) for topic in saved.topics] == [("climate", {"en": "Climate", "ar": "المناخ"})]


@pytest.mark.parametrize("number", ["99999999999999999999999", "-5", "many"])
def test_a_made_up_number_of_topics_does_not_make_a_page_that_eats_the_server(number: str) -> None:
    """A list of a million rows took ten gigabytes."""
    assert 0 <= topic_rows(MultiDict({"topics": number})) <= 200


def test_saving_what_the_page_shows_changes_nothing(house: House) -> None:
    facts: dict[str, Any] = {
        "title": {"en": "Rivers", "fr": "Fleuves"},
        "languages": ["en", "fr"],
        "footer": {"fr": "Seulement en français"},
    }
    with house.database.transaction() as session:
        a_list(session, slug="rivers", topics={"climate": {"en": "Climate", "fr": "Climat"}}, accent="#123456", **facts)
    staff, _ = somebody(house)
    before = the_list(house)
    form = dict(fields_of(staff.get("/admin/lists/rivers").text))
    staff.post("/admin/lists/rivers", **{**form, "languages": ["en", "fr"]})
    after = the_list(house)
    for name in ("title", "footer", "postal_address", "languages", "accent", "from_address", "timezone", "missing_translation"):
        assert getattr(after, name) == getattr(before, name), name
    assert [(topic.id, topic.title) for topic in after.topics] == [(topic.id, topic.title) for topic in before.topics]


def fields_of(page: str) -> list[tuple[str, str]]:
    """What a browser would send of the page's last form, check boxes apart."""
    from lxml import html

    form = html.fromstring(page).forms[-1]
    return [(name, value) for name, value in form.form_values() if name not in ("languages", "csrf_token")]


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("from_address", "nonsense", "from_address"),
        ("reply_to", "a@b@c", "reply_to"),
        ("accent", "petrol", "accent"),
        ("timezone", "Nowhere", "timezone"),
        ("missing_translation", "guess", "missing_translation"),
        ("title.en", "", "title"),
        ("topic0.slug", "Not A Slug", "topics"),
        ("topic0.title.en", "", "topics"),
    ],
)
def test_a_wrong_setting_is_told_beside_its_field_and_saves_nothing(sqlite_house: House, field: str, value: str, place: str) -> None:
    with sqlite_house.database.transaction() as session:
        a_list(session, slug="rivers", languages=["en", "ar"], title="Before")
    staff, _ = somebody(sqlite_house)
    form = {**SETTINGS, "title.ar": "", "topic0.title.ar": "", field: value}
    answer = staff.post("/admin/lists/rivers", **form)
    assert answer.status_code == 422
    assert f'id="field-{place}-error"' in answer.text
    assert the_list(sqlite_house).title == "Before"


def test_a_logo_is_taken_shown_and_removed(house: House) -> None:
    with house.database.transaction() as session:
        a_list(session, slug="rivers", languages=["en", "ar"])
    staff, _ = somebody(house)
    staff.post("/admin/lists/rivers", **SETTINGS, files={"logo": (a_picture(), "logo.png")})
    logo = the_list(house).logo
    picture = staff.another_browser().get(f"/admin/media/{logo}")
    assert (picture.status_code, picture.mimetype) == (200, "image/png")
    assert "immutable" in picture.headers["Cache-Control"] or "max-age" in picture.headers["Cache-Control"]
    staff.post("/admin/lists/rivers", **SETTINGS, remove_logo="1")
    assert the_list(house).logo == ""


def test_what_is_no_picture_is_refused_beside_the_logo(sqlite_house: House) -> None:
    with sqlite_house.database.transaction() as session:
        a_list(session, slug="rivers", languages=["en", "ar"])
    staff, _ = somebody(sqlite_house)
    for name, data in (
        ("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("logo.png", b"not a picture"),
    ):
        answer = staff.post("/admin/lists/rivers", **SETTINGS, files={"logo": (io.BytesIO(data), name)})
        assert answer.status_code == 422
        assert 'id="field-logo-error"' in answer.text
        assert name in answer.text


def test_a_key_with_a_colon_in_it_is_not_taken_for_an_address(sqlite_house: House) -> None:
    settings = sqlite_house.settings.model_copy(update={"secret_key": SecretStr("hunter2hunter2:hunter2hunter2hunter2")})
    staff, _ = somebody(replace(sqlite_house, settings=settings))
    assert "hunter2" not in staff.get("/admin/settings").text


def test_settings_show_what_is_locked_and_never_a_secret(sqlite_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSROOM_TRANSPORT_URL", "smtp://user:hunter2@relay.example.org:587")
    from tests.staff import with_relay

    staff, _ = somebody(with_relay(sqlite_house, "smtp://user:hunter2@relay.example.org:587"))
    page = staff.get("/admin/settings").text
    assert "locked by <code>NEWSROOM_TRANSPORT_URL</code>" in page
    assert "NEWSROOM_PUBLIC_URL" not in page
    assert "hunter2" not in page
