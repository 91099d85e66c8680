"""The public site through its own front door: what pages show, what they change, and what they never do."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
from flask import request
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from admin.public import create_public_app
from newsroom.deliveries import Delivery
from newsroom.house import House, open_house
from newsroom.issues import Issue
from newsroom.keys import open_key_ring
from newsroom.mailing_lists import get_list
from newsroom.media import Media
from newsroom.public_links import NOBODY, PublicLinks
from newsroom.settings import Settings, load_settings
from subscribers.consent import history_of
from subscribers.models import Subscriber
from subscribers.preferences import subscription_of
from tests.conftest import NOON
from tests.factories import a_delivery, a_subscriber, an_issue, cities

LANGUAGES = ("en", "fr", "es", "ar")
SUBJECTS = {"en": "Spring in the cities", "fr": "Le printemps des villes", "es": "Primavera en las ciudades", "ar": "الربيع في المدن"}
GREETINGS = {"en": "Welcome", "fr": "Bienvenue", "es": "Bienvenidas", "ar": "أهلًا وسهلًا"}
CLIMATE = {"en": "Cooler streets", "fr": "Des rues plus fraîches", "es": "Calles más frescas", "ar": "شوارع أبرد"}
SECTIONS = (
    ("welcome", {"title": GREETINGS, "text": {code: f"<p>{word} [[ name | reader ]].</p>" for code, word in GREETINGS.items()}}),
    ("text", {"title": CLIMATE, "text": {code: f"<p>{word}</p>" for code, word in CLIMATE.items()}, "topics": ["climate"]}),
)


@dataclass(frozen=True, kw_only=True)
class Site:
    """A public site with one list, one reader with a letter under way, and one issue that was sent."""

    house: House
    client: FlaskClient
    reader_id: int
    list_id: int
    delivery_id: int
    test_delivery_id: int

    @property
    def links(self) -> PublicLinks:
        return PublicLinks(self.house.keys, "")

    @property
    def unsubscribe(self) -> str:
        return self.links.unsubscribe(self.reader_id, self.list_id)

    @property
    def preferences(self) -> str:
        return self.links.preferences(self.reader_id, self.list_id)

    @property
    def view(self) -> str:
        return self.links.view(self.delivery_id)

    def person(self) -> tuple[str, str, int, str, str, tuple[str, ...] | None]:
        with self.house.database.reading() as session:
            one = session.get_one(Subscriber, self.reader_id)
            subscription = subscription_of(session, one.id, self.list_id)
            assert subscription is not None
            return one.name, one.language, one.version, subscription.consent, subscription.state, subscription.topics

    def everything(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row that a page might change."""
        tables = ("subscribers", "subscriptions", "consent_records", "suppressions", "deliveries", "issues", "mailing_lists")
        with self.house.database.reading() as session:
            return {name: [tuple(map(str, row)) for row in session.execute(text(f"SELECT * FROM {name} ORDER BY id"))] for name in tables}  # noqa: S608


@pytest.fixture
def site(house: House, now: datetime) -> Site:
    return build_site(house, now)


@pytest.fixture
def sqlite_site(sqlite_house: House, now: datetime) -> Site:
    """The same on SQLite alone, for what does not depend on the database."""
    return build_site(sqlite_house, now)


@pytest.fixture(scope="module")
def shared_site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all tests that change nothing."""
    data_dir = tmp_path_factory.mktemp("shared")
    open_key_ring(data_dir)
    shutil.copy(sqlite_template, data_dir / "newsroom.db")
    house = open_house(load_settings({}, data_dir=data_dir, public_url="https://news.example.org"))
    yield build_site(house, NOON)
    house.database.close()


def build_site(house: House, now: datetime) -> Site:
    with house.database.transaction() as session:
        mailing_list = cities(session, topics=("climate", "finance"))
        reader = a_subscriber(session, house, mailing_list, address="amina@example.org", name="Amina", language="fr")
        issue = an_issue(session, mailing_list, house=house, state="sent", slug="spring", subject=SUBJECTS, sections=SECTIONS)
        french = {"language": "fr", "rendition_id": issue.renditions["fr"]}
        delivery = a_delivery(session, issue, to=reader, state="queued", **french)
        test = a_delivery(session, issue, to=reader, kind="test", **french)
        an_issue(session, mailing_list, house=house, state="approved", slug="draft", subject=SUBJECTS, sections=SECTIONS)
        (house.media_dir).mkdir(parents=True, exist_ok=True)
        (house.media_dir / "k3v9.png").write_bytes(b"picture")
        session.add(
            Media(
                name="k3v9.png", original_name="a.png", digest="0" * 64, content_type="image/png", width=1, height=1, size=7, created_at=now
            )
        )
        return Site(
            house=house, client=create_public_app(house).test_client(), reader_id=reader.id, list_id=mailing_list.id,
            delivery_id=delivery.id, test_delivery_id=test.id,
        )  # fmt: skip


PATHS = {
    "unsubscribe": lambda site: site.unsubscribe,
    "unsubscribe of a test": lambda site: site.links.unsubscribe(0, site.list_id),
    "preferences": lambda site: site.preferences,
    "preferences of a test": lambda site: site.links.preferences(0, site.list_id),
    "view": lambda site: site.view,
    "view of a test": lambda site: site.links.view(site.test_delivery_id),
    "archive": lambda site: "/archive/cities/",
    "issue": lambda site: "/archive/cities/spring/",
    "letter": lambda site: "/archive/cities/spring/en",
    "media": lambda site: "/media/k3v9.png",
    "home": lambda site: "/",
    "healthz": lambda site: "/healthz",
    "readyz": lambda site: "/readyz",
    "robots": lambda site: "/robots.txt",
    "accent": lambda site: "/accent/a0c4ff.css",
    "icon": lambda site: "/favicon.ico",
    "style": lambda site: "/static/public.css",
}  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("headers", [{}, {"Sec-Purpose": "prefetch", "Purpose": "prefetch"}], ids=["plain", "prefetch"])
def test_looking_never_changes_anything(shared_site: Site, path: str, method: str, headers: dict[str, str]) -> None:
    before = shared_site.everything()
    response = shared_site.client.open(PATHS[path](shared_site), method=method, headers=headers)
    assert response.status_code in (200, 302)
    assert shared_site.everything() == before
    assert not response.headers.getlist("Set-Cookie")


def test_every_route_that_can_be_looked_at_is_among_those_tried(shared_site: Site) -> None:
    rules = {rule.rule.split("<")[0] for rule in shared_site.client.application.url_map.iter_rules()}
    tried = [make(shared_site) for make in PATHS.values()]
    assert all(any(path.startswith(rule) for path in tried) for rule in rules)
    changing = {
        rule.rule for rule in shared_site.client.application.url_map.iter_rules() if (rule.methods or set()) & {"POST", "PUT", "DELETE"}
    }
    assert changing == {"/u/<token>", "/p/<token>"}


def delivery_state(site: Site) -> str:
    with site.house.database.reading() as session:
        return session.get_one(Delivery, site.delivery_id).state


@pytest.mark.parametrize(
    "content",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"data": {"List-Unsubscribe": "One-Click"}, "content_type": "multipart/form-data"},
        {"data": b"List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded; charset=utf-8"},
    ],
    ids=["urlencoded", "multipart", "with charset"],
)
def test_one_click_is_answered_200_directly_and_the_letter_under_way_is_stopped(site: Site, content: dict[str, object]) -> None:
    for _ in range(2):
        response = site.client.post(site.unsubscribe, **content)  # type: ignore[arg-type]
        assert (response.status_code, response.history, response.headers.getlist("Set-Cookie")) == (200, (), [])
        assert "Location" not in response.headers
    assert site.person()[3:5] == ("withdrawn", "left")
    assert delivery_state(site) == "suppressed"
    with site.house.database.reading() as session:
        (_, record) = history_of(session, site.reader_id)
        assert (record.action, record.source) == ("withdrawn", "one_click")


def test_a_browser_gets_a_friendly_page_with_a_way_back(site: Site) -> None:
    shown = site.client.get(site.unsubscribe)
    assert shown.text.count("<button") == 1
    assert "a•••@e•••.org" in shown.text
    assert "amina" not in shown.text
    done = site.client.post(site.unsubscribe)
    assert done.status_code == 200
    assert "Vous avez quitté la liste" in done.text
    assert site.preferences in done.text
    again = site.client.get(site.unsubscribe)
    assert "Vous n’êtes pas sur la liste" in again.text
    assert "mailto:news@example.org" in again.text
    with site.house.database.reading() as session:
        (_, record) = history_of(session, site.reader_id)
        assert (record.source, record.language, record.wording) == ("unsubscribe_page", "fr", "Se désabonner")


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("page", ["unsubscribe", "preferences"])
def test_the_links_of_a_test_letter_are_inert(shared_site: Site, method: str, page: str) -> None:
    before = shared_site.everything()
    response = getattr(shared_site.client, method)(getattr(shared_site.links, page)(0, shared_site.list_id), data={"do": "leave"})
    assert response.status_code == 200
    assert "This is a test" in response.text
    assert shared_site.everything() == before


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("page", ["unsubscribe", "preferences"])
def test_the_links_of_an_erased_person_still_answer(site: Site, method: str, page: str) -> None:
    with site.house.database.transaction() as session:
        session.delete(session.get_one(Subscriber, site.reader_id))
    response = getattr(site.client, method)(getattr(site, page))
    assert response.status_code == 200
    assert "You are not on the list" in response.text


@pytest.mark.parametrize("token", ["x", "AAAA", "é", "a" * 3000, "%00", "..%2F..", "-", "AQ"])
@pytest.mark.parametrize("page", ["u", "p", "v"])
def test_a_forged_link_is_a_404_page_and_never_an_error(shared_site: Site, page: str, token: str) -> None:
    for response in (shared_site.client.get(f"/{page}/{token}"), shared_site.client.post(f"/{page}/{token}")):
        assert response.status_code in ((404,) if page != "v" else (404, 405))


def test_a_token_of_one_page_does_not_open_another(shared_site: Site) -> None:
    token = shared_site.unsubscribe.rpartition("/")[2]
    assert shared_site.client.get(f"/p/{token}").status_code == 404
    assert shared_site.client.get(f"/v/{token}").status_code == 404


def test_preferences_are_shown_masked_and_saved(site: Site) -> None:
    page = site.client.get(site.preferences).text
    assert 'value="Amina"' in page
    assert "amina@" not in page
    assert len(re.findall(r'name="topics" value="\w+" checked', page)) == 2
    saved = site.client.post(site.preferences, data={"name": "Amina B.", "language": "ar", "has_topics": "1", "topics": ["climate"]})
    assert saved.status_code == 200
    assert '<html lang="ar" dir="rtl">' in saved.text
    assert 'role="status"' in saved.text
    assert site.person()[:2] == ("Amina B.", "ar")
    assert site.person()[5] == ("climate",)
    with site.house.database.reading() as session:
        delivery = session.get_one(Delivery, site.delivery_id)
        assert (delivery.language, delivery.cut) == ("ar", ("climate",))


def test_choosing_every_topic_means_everything_and_none_means_only_what_concerns_all(site: Site) -> None:
    site.client.post(site.preferences, data={"has_topics": "1"})
    assert site.person()[5] == ()
    site.client.post(site.preferences, data={"has_topics": "1", "topics": ["climate", "finance", "forged"]})
    assert site.person()[5] is None


def test_leaving_from_the_preferences_works_like_the_link(site: Site) -> None:
    assert "Vous avez quitté la liste" in site.client.post(site.preferences, data={"do": "leave"}).text
    assert site.person()[3:5] == ("withdrawn", "left")
    assert delivery_state(site) == "suppressed"
    assert "Vous n’êtes pas sur la liste" in site.client.get(site.preferences).text


def test_a_list_of_one_language_asks_no_question_about_it(sqlite_site: Site) -> None:
    with sqlite_site.house.database.transaction() as session:
        get_list(session, "cities").languages = ["fr"]
    assert "<select" not in sqlite_site.client.get(sqlite_site.preferences).text
    assert sqlite_site.client.post(sqlite_site.preferences, data={"name": "A"}).status_code == 200


@pytest.mark.parametrize("form", [{"name": "x" * 201}, {"name": "\u202ename", "language": "ar"}, {"name": "a\x00b"}])
def test_a_name_that_cannot_be_taken_is_told_and_nothing_is_changed(shared_site: Site, form: dict[str, str]) -> None:
    before = shared_site.person()
    response = shared_site.client.post(shared_site.preferences, data=form)
    assert response.status_code == 400
    assert 'aria-invalid="true"' in response.text
    assert shared_site.person() == before


def test_a_language_the_list_does_not_write_is_not_taken(sqlite_site: Site) -> None:
    sqlite_site.client.post(sqlite_site.preferences, data={"language": "xx"})
    assert sqlite_site.person()[1] == "fr"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["unsubscribe", "preferences", "archive", "home", "unsubscribe of a test", "missing"])
def test_every_page_speaks_four_languages_in_the_right_direction(shared_site: Site, path: str, language: str) -> None:
    address = "/nowhere" if path == "missing" else PATHS[path](shared_site)
    for response in (
        shared_site.client.get(address, query_string={"lang": language}),
        shared_site.client.get(address, headers={"Accept-Language": language}) if path not in ("unsubscribe", "preferences") else None,
    ):
        if response is not None:
            assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in response.text
            assert response.headers["Content-Language"] == language


def test_without_a_wish_a_personal_page_speaks_the_readers_language(shared_site: Site) -> None:
    assert '<html lang="fr"' in shared_site.client.get(shared_site.preferences, headers={"Accept-Language": "es"}).text


PAYLOAD = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7919*7919}}'


def test_markup_in_names_and_titles_is_inert(sqlite_site: Site) -> None:
    with sqlite_site.house.database.transaction() as session:
        session.get_one(Subscriber, sqlite_site.reader_id).name = PAYLOAD
        cities = get_list(session, "cities")
        cities.title, cities.from_name, cities.postal_address = {"en": PAYLOAD, "fr": PAYLOAD}, PAYLOAD, PAYLOAD
        cities.topics[0].title = PAYLOAD
        cities.reply_to = '"><b>@example.org'
    site = sqlite_site
    pages = [
        site.client.get(path).text
        for path in (site.unsubscribe, site.preferences, "/archive/cities/", "/", site.links.unsubscribe(0, site.list_id))
    ]
    pages += [site.client.post(site.preferences, data={"name": PAYLOAD * 9}).text, site.client.post(site.unsubscribe).text]
    pages.append(site.client.get(site.preferences).text)
    for page in pages:
        assert "<script" not in page
        assert "<img src=x" not in page
        assert "<b>@" not in page
        assert "62710561" not in page


def test_personal_pages_are_kept_by_nobody_and_listed_by_nobody(shared_site: Site) -> None:
    for path in (shared_site.unsubscribe, shared_site.preferences, shared_site.view, "/u/forged"):
        headers = shared_site.client.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert "noindex" in headers["X-Robots-Tag"]
        assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", PATHS)
def test_no_page_allows_scripts_or_frames(shared_site: Site, path: str) -> None:
    headers = shared_site.client.get(PATHS[path](shared_site)).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert ("unsafe-inline" in policy) == (path in ("view", "view of a test", "letter"))
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "max-age" in headers["Strict-Transport-Security"]


def test_the_view_shows_exactly_this_persons_letter(site: Site) -> None:
    page = site.client.get(site.view)
    assert page.status_code == 200
    assert "Bienvenue Amina" in re.sub(r"<[^>]+>", "", page.text)
    assert "Des rues plus fraîches" in page.text
    assert f"https://news.example.org{site.links.unsubscribe(site.reader_id, site.list_id, site.delivery_id)}" in page.text
    with site.house.database.transaction() as session:
        session.get_one(Delivery, site.delivery_id).cut = ("finance",)
    assert "Des rues plus fraîches" not in site.client.get(site.view).text


def test_the_view_of_a_test_letter_has_inert_links_and_needs_no_sent_issue(site: Site) -> None:
    page = site.client.get(site.links.view(site.test_delivery_id))
    assert page.status_code == 200
    assert site.unsubscribe not in page.text
    assert site.links.unsubscribe(0, site.list_id) in page.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_archive_shows_the_letter_as_nobodys(site: Site, language: str) -> None:
    page = site.client.get(f"/archive/cities/spring/{language}")
    assert page.status_code == 200
    for personal in ("/u/", "/p/", "/v/", "amina", "Amina"):
        assert personal not in page.text


def test_an_issue_without_a_language_leads_to_the_readers_version(shared_site: Site) -> None:
    for headers, language in (({"Accept-Language": "ar-EG,fr;q=0.5"}, "ar"), ({"Accept-Language": "de"}, "en"), ({}, "en")):
        response = shared_site.client.get("/archive/cities/spring/", headers=headers)
        assert response.location == f"/archive/cities/spring/{language}"


def test_the_archive_lists_what_was_sent_in_the_readers_language(site: Site) -> None:
    page = site.client.get("/archive/cities/?lang=ar").text
    assert "الربيع في المدن" in page
    assert "/archive/cities/spring/ar" in page
    assert "/archive/cities/draft" not in page


@pytest.mark.parametrize("state", ["draft", "in_review", "approved", "scheduled", "starting", "discarded", "paused", "cancelled"])
def test_the_archive_never_shows_an_unsent_issue(sqlite_site: Site, state: str) -> None:
    with sqlite_site.house.database.transaction() as session:
        session.scalars(select(Issue).where(Issue.slug == "spring")).one().state = state
    for path in ("/archive/cities/spring/", "/archive/cities/spring/en"):
        assert sqlite_site.client.get(path).status_code == 404
    assert "spring" not in sqlite_site.client.get("/archive/cities/").text
    assert "cities" not in sqlite_site.client.get("/").text


@pytest.mark.parametrize("state", ["sending", "sent"])
def test_an_issue_is_in_the_archive_from_its_start_on(sqlite_site: Site, state: str) -> None:
    with sqlite_site.house.database.transaction() as session:
        session.scalars(select(Issue).where(Issue.slug == "spring")).one().state = state
    assert sqlite_site.client.get("/archive/cities/spring/en").status_code == 200


@pytest.mark.parametrize("state", ["paused", "cancelled"])
def test_an_issue_stopped_in_time_stays_in_the_archive_when_somebody_has_it(site: Site, state: str) -> None:
    with site.house.database.transaction() as session:
        session.scalars(select(Issue).where(Issue.slug == "spring")).one().state = state
        session.get_one(Delivery, site.delivery_id).attempt = 1
    assert site.client.get("/archive/cities/spring/en").status_code == 200


def test_a_picture_has_its_own_type_and_lasts_for_ever(shared_site: Site) -> None:
    response = shared_site.client.get("/media/k3v9.png")
    assert (response.data, response.content_type) == (b"picture", "image/png")
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_list_has_its_own_colour_on_its_pages(sqlite_site: Site) -> None:
    with sqlite_site.house.database.transaction() as session:
        get_list(session, "cities").accent = "#1F7A8C"
    assert 'href="/accent/1f7a8c.css"' in sqlite_site.client.get(sqlite_site.preferences).text
    assert "--accent: #1f7a8c" in sqlite_site.client.get("/accent/1f7a8c.css").text


@pytest.mark.parametrize("digits", ["red", "1f7a8", "1f7a8c}body{display:none", "GGGGGG"])
def test_nothing_but_a_colour_gets_into_a_style_sheet(shared_site: Site, digits: str) -> None:
    assert shared_site.client.get(f"/accent/{digits}.css").status_code == 404


@pytest.mark.parametrize("name", ["other.png", "..%2Fkeys.json", "%2e%2e/keys.json", "keys.json"])
def test_no_other_file_is_served(shared_site: Site, name: str) -> None:
    assert shared_site.client.get(f"/media/{name}").status_code == 404


def test_every_link_of_a_letter_leads_somewhere(site: Site) -> None:
    """No link into the site ends in a 404: of the letter, of the archive, and of every page they lead to."""
    seen: set[str] = set()
    waiting = [site.view, site.unsubscribe, site.preferences, "/archive/cities/", "/archive/cities/spring/en", "/"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        response = site.client.get(path)
        assert response.status_code in (200, 302), path
        waiting += _inside(response, path)
    assert len(seen) > 15


def _inside(response: TestResponse, path: str) -> list[str]:
    if "html" not in response.content_type:
        return []
    found = [*re.findall(r'(?:href|src)="([^"]+)"', response.text), *([response.location] if response.location else [])]
    inside = [link.removeprefix("https://news.example.org").replace("&amp;", "&") for link in found]
    return [link if link.startswith("/") else path.partition("?")[0] + link for link in inside if link.startswith(("/", "?"))]


def test_pages_link_to_each_other_under_the_path_of_the_public_address(sqlite_site: Site) -> None:
    """The site may stand behind a proxy under https://example.org/letters."""
    settings = sqlite_site.house.settings.model_copy(update={"public_url": "https://example.org/letters"})
    client = create_public_app(replace(sqlite_site.house, settings=settings)).test_client()
    for path in (sqlite_site.preferences, sqlite_site.unsubscribe, "/archive/cities/", "/", "/nowhere"):
        page = client.get(path).text
        assert not re.findall(r'(?:href|src)="(?!/letters/|\?|https://example.org/letters/)[^"]*"', page), path


def test_health_and_readiness_are_told_apart(sqlite_site: Site) -> None:
    assert (sqlite_site.client.get("/healthz").status_code, sqlite_site.client.get("/readyz").status_code) == (200, 200)
    with sqlite_site.house.database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    answer = sqlite_site.client.get("/readyz")
    assert (answer.status_code, "newsroom db upgrade" in answer.text) == (503, True)
    assert sqlite_site.client.get("/healthz").status_code == 200


@pytest.fixture
def homeless(tmp_path: object) -> Iterator[House]:
    """A house whose database cannot be reached."""
    house = open_house(load_settings({}, data_dir=tmp_path, database_url="postgresql+psycopg://nobody@127.0.0.1:1/none"))
    yield house
    house.database.close()


def test_a_database_that_is_away_is_told_as_503_and_never_as_success(homeless: House) -> None:
    client = create_public_app(homeless).test_client()
    links = PublicLinks(homeless.keys, "")
    assert client.get("/readyz").status_code == 503
    answer = client.post(links.preferences(1, 1), data={"do": "leave"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "Back in a moment" in answer.text


def test_a_request_to_leave_that_cannot_even_be_kept_is_not_told_as_success(homeless: House) -> None:
    client = create_public_app(homeless).test_client()
    (homeless.settings.data_dir / "unsubscribes").write_text("a file where the folder should be")
    assert client.post(PublicLinks(homeless.keys, "").unsubscribe(1, 1), data={"List-Unsubscribe": "One-Click"}).status_code == 500


def test_one_link_called_all_night_while_the_database_is_away_fills_no_disk(homeless: House) -> None:
    client = create_public_app(homeless).test_client()
    links = PublicLinks(homeless.keys, "")
    for link in (links.unsubscribe(1, 1), links.unsubscribe(1, 2), links.unsubscribe(NOBODY, 1)):
        for _ in range(3):
            assert client.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    kept = sorted(path.name for path in (homeless.settings.data_dir / "unsubscribes").iterdir())
    assert kept == ["1-1.json", "1-2.json"]


def test_an_unforeseen_fault_is_a_page_that_tells_nothing_of_the_inside(sqlite_site: Site) -> None:
    with sqlite_site.house.database.transaction() as session:
        session.execute(text("UPDATE renditions SET plan = X'00'"))
    answer = sqlite_site.client.get(sqlite_site.view, headers={"Accept-Language": "fr"})
    assert answer.status_code == 500
    assert "Une erreur s’est produite" in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [((), "203.0.113.9 http"), (("203.0.113.0/24",), "192.0.2.7 https"), (("198.51.100.1", "2001:db8::/32"), "203.0.113.9 http")],
)
def test_forwarded_headers_count_only_from_a_configured_proxy(sqlite_settings: Settings, proxies: tuple[str, ...], seen: str) -> None:
    house = open_house(sqlite_settings.model_copy(update={"trusted_proxies": proxies}))
    app = create_public_app(house)
    app.add_url_rule("/probe", view_func=lambda: f"{request.remote_addr} {request.scheme}")
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Host": "evil.example.org"}
    answer = app.test_client().get("/probe", headers=headers, environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert answer.text == seen
    house.database.close()


def test_a_style_that_is_not_there_yet_is_not_kept_as_missing_for_a_year(shared_site: Site) -> None:
    answer = shared_site.client.get("/static/of-the-next-version.css")
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_address_with_a_nul_is_not_found_and_no_outage(site: Site) -> None:
    for path in ("/archive/%00/", "/archive/cities/%00/", "/media/%00"):
        assert site.client.get(path).status_code == 404
