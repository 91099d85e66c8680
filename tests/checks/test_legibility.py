"""Words and the ground they stand on, in the letters as they leave."""

from dataclasses import replace

import pytest

from newsroom.checks.base import Finding, Material
from newsroom.checks.gathering import letters_of
from newsroom.checks.legibility import pale_texts
from newsroom.checks.letters import too_pale
from newsroom.checks.passages import passages_of
from newsroom.checks.saying import message
from newsroom.mailing_lists import MailingList
from newsroom.preparing import Prepared
from newsroom.rendering.source import LetterSource
from tests.checks.issues import SENT, source_of_case
from tests.letters import every_kind
from tests.plans import KEYS

LIST = MailingList(from_address="news@cities.example.org", reply_to="")


def _pairs(html: str) -> list[tuple[str, str, str]]:
    return [(pale.words, pale.colour, pale.ground) for pale in pale_texts(html)]


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<p style="color:#aaa">pale</p>', [("pale", "#aaaaaa", "#ffffff")]),
        ('<p style="color: #777777 !important">pale</p>', [("pale", "#777777", "#ffffff")]),
        ('<td bgcolor="#ffcc00"><a style="color:white">Join</a></td>', [("Join", "#ffffff", "#ffcc00")]),
        ('<table style="background:#ffcc00 none"><tr><td><b style="color:rgb(255, 255, 255)">Join</b></td></tr></table>',
         [("Join", "#ffffff", "#ffcc00")]),
        ('<div style="background-color:#1d4f7c"><p>ink on deep</p></div>', [("ink on deep", "#000000", "#1d4f7c")]),
        ('<div style="background:#000"><a href="x">a link without a colour</a></div>', [("a link without a colour", "#0000ee", "#000000")]),
        ('<td style="font-size:0px"><p style="font-size:16px;color:#aaa">a size again</p></td>', [("a size again", "#aaaaaa", "#ffffff")]),
        ("<font color='silver'>old</font>", [("old", "#c0c0c0", "#ffffff")]),
        ('<p style="color:#999">one</p><p style="color:#999999">two</p>', [("one", "#999999", "#ffffff")]),
        ('<div style="color:#999"><img alt=""><br>after <i>all</i></div>', [("after", "#999999", "#ffffff")]),
        ('<p style="color:#999">أقل وضوحاً</p>', [("أقل وضوحاً", "#999999", "#ffffff")]),
    ],
)  # fmt: skip
def test_what_can_hardly_be_read_is_found(html: str, found: list[tuple[str, str, str]]) -> None:
    assert _pairs(html) == found


@pytest.mark.parametrize(
    "html",
    [
        "<p>black on white</p>",
        '<p style="color:#767676">just enough</p>',
        '<h1 style="color:#8a8a8a;font-size:24px">large letters are read at less</h1>',
        '<h2 style="color:#8a8a8a;font-size:14pt">large and bold</h2>',
        '<div style="display:none;color:#fff">preview text</div>',
        '<div style="max-height:0;overflow:hidden"><span style="color:#ffffff">hidden too</span></div>',
        '<!--[if mso]><p style="color:#fff">Outlook</p><![endif]--><p>seen</p>',
        "<style>p { color: #fff }</style><p>seen</p>",
        '<td style="background:url(https://a.org/x.png)"><p style="color:#fff">on a picture</p></td>',
        '<td style="background-image:linear-gradient(#000,#fff)"><p style="color:#fff">on a gradient</p></td>',
        '<p style="color:#fff"> &nbsp; – … </p>',
        '<div style="font-size:0;color:#fff">without a size</div>',
        '<div style="background:#000"><div style="background:#fff"><p>nearest</p></div></div>',
        '<p style="color:var(--x)">unknown</p>',
        '<p title="a > b" style="color:#000">a mark within quotes</p>',
        "<p><b>unclosed <p>tags</div></td>",
    ],
)
def test_what_can_be_read_is_left_in_peace(html: str) -> None:
    assert _pairs(html) == []


def _found(source: LetterSource, **colours: str) -> list[Finding]:
    """With colours of the letters exchanged, as another theme would have them."""
    letters = letters_of(source, LIST, KEYS)
    for language, letter in letters.items():
        assert isinstance(letter, Prepared)
        html = letter.compiled.html
        for old, new in colours.items():
            html = html.replace(f"#{old}", new)
        letters[language] = replace(letter, compiled=replace(letter.compiled, html=html))
    return list(too_pale(Material(source=source, send_at=SENT, passages=tuple(passages_of(source)), compiled=letters)))


def test_the_templates_of_the_house_are_read_in_every_language() -> None:
    source = every_kind()
    assert _found(source) == []
    # Not for want of looking: with pale ink every text of the same letters is found.
    assert len(_found(source, **{"17212e": "#c9c9c9", "2c3540": "#c9c9c9"})) >= 2


@pytest.mark.parametrize("accent", ["#b3261e", "#0b6e4f", "#5b2a86", "#000000", "#7a4b00", "#1f7a8c", "#767676", "#c0392b"])
def test_they_are_with_every_accent_that_the_letters_take(accent: str) -> None:
    case = {"section": {"kind": "call_to_action", "title": "Join", "button": {"label": "Join now", "url": "https://www.uclg.org"}}}
    assert [one.says for one in _found(source_of_case({**case, "list": {"accent": accent, "logo": "media/harbour.png"}}))] in (
        [],
        ["contrast.accent"],
    )


def test_a_button_that_cannot_be_read_is_told_with_its_section() -> None:
    button = {"label": "Submit your action", "url": "https://www.uclg.org"}
    source = source_of_case({"section": {"kind": "call_to_action", "title": "Join", "button": button}})
    (found,) = (one for one in _found(source, **{"1d4f7c": "#ffcc00"}) if "Submit" in message(one))
    assert (found.number, found.severity) == (1, "warning")
    assert message(found) == "“Submit your action” is hard to read: #ffffff on #ffcc00 (1.5 to 1, needed 4.5)."
