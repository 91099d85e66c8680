"""The HTML of a small letter to the staff, without a template engine: the clock writes such letters too."""

from collections.abc import Sequence
from html import escape

from newsroom.localized import direction_of
from newsroom.rendering.look import Look, look_of

#: The colour of the admin, where a list has none of its own.
HOUSE_ACCENT = "#0d5c63"
PAGE = """<!doctype html>
<html lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{subject}</title>
</head>
<body style="margin: 0; padding: 24px 16px; font-family: {sans}; font-size: 16px; line-height: {leading}; text-align: {start};">
<div role="article" lang="{language}" dir="{direction}" style="max-width: 560px; margin: 0 auto;">
{content}
<p style="margin: 32px 0 0; padding: 12px 0 0; border-top: 1px solid {line}; font-size: 14px;">{sender}</p>
</div>
</body>
</html>
"""
PARAGRAPH = '<p dir="auto" style="margin: 0 0 16px; text-align: {start}; white-space: pre-line; overflow-wrap: break-word;">{words}</p>'
BUTTON = (
    '<p style="margin: 24px 0;"><a href="{address}" style="display: inline-block; padding: 12px 24px; border-radius: 6px; '
    'background-color: {accent}; color: #ffffff; font-weight: bold; text-decoration: none;">{label}</a></p>'
)


def staff_html(
    *, language: str, subject: str, paragraphs: Sequence[str], button: tuple[str, str] | None, sender: str, accent: str = ""
) -> str:
    """No picture, no tracking, nothing from elsewhere; the button is (label, address), in the list's own colour."""
    look = look_of(language, accent or HOUSE_ACCENT)
    content = [PARAGRAPH.format(start=look.start, words=escape(paragraph)) for paragraph in paragraphs]
    content += [_button(button, look)] if button else []
    return PAGE.format(
        language=escape(language), direction=direction_of(language), subject=escape(subject), sans=look.sans, leading=look.leading,
        start=look.start, line=look.palette.line, content="\n".join(content), sender=escape(sender),
    )  # fmt: skip


def _button(button: tuple[str, str], look: Look) -> str:
    return BUTTON.format(address=escape(button[1]), label=escape(button[0]), accent=look.palette.accent)
