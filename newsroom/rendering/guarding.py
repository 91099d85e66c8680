"""Staff text must not contain a letter's own tokens, in the open or with tags between."""

import json
import re
from typing import Any

from newsroom.rendering.marks import Marks
from newsroom.rendering.source import LetterSource
from newsroom.sections.base import stored

TAGS = re.compile("<[^>]*>")


def refuse_look_alikes(source: LetterSource, marks: Marks, language: str) -> None:
    """CompileError naming the section whose text could be taken for a slot or a span."""
    frame = [source.list_title, source.postal_address, source.footer, source.subject, source.preview_text, source.from_name]
    _look_over(frame, marks, None, language)
    for numbered in source.sections:
        _look_over(stored(numbered.section), marks, numbered.number, language)


def _look_over(content: Any, marks: Marks, section: int | None, language: str) -> None:
    text = json.dumps(content, ensure_ascii=False)
    marks.refuse_in(text, section=section, language=language)
    marks.refuse_in(TAGS.sub("", text), section=section, language=language)
