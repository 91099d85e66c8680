"""The links of a rehearsed letter lead to pages that say how things stand, in its language."""

import pytest

from admin.public import create_public_app
from newsroom.house import House
from tests.factories import a_list, an_issue

FOUR = ["en", "fr", "es", "ar"]
SAID = {"en": "may not have been sent yet", "fr": "pas encore été envoyé", "es": "aún no se haya enviado", "ar": "لم يُرسل بعد"}


@pytest.mark.parametrize("language", FOUR)
def test_the_language_line_of_a_rehearsed_letter_is_no_dead_end(sqlite_house: House, language: str) -> None:
    with sqlite_house.database.transaction() as session:
        mailing_list = a_list(session, slug="rivers", languages=FOUR)
        an_issue(session, mailing_list, slug="spring")
    client = create_public_app(sqlite_house).test_client()
    waiting = client.get(f"/archive/rivers/spring/{language}")
    assert waiting.status_code == 404
    assert SAID[language] in waiting.text
    assert "/archive/rivers/" in waiting.text
    assert client.get(f"/archive/rivers/never/{language}").text == waiting.text.replace("spring", "never")
