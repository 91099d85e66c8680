"""Where sentences begin and end, in the four languages."""

import re
from functools import lru_cache

#: Dots that end no sentence: titles, abbreviations, initials.
ABBREVIATED = re.compile(
    r"(?:^|[\s(«“\"])(?:Mr|Mrs|Ms|Dr|Prof|St|No|Nos|p|pp|art|vs|etc|e\.g|i\.e|M|MM|Mme|Sr|Sra|Ing|Lic|núm|a\.\s?m|p\.\s?m|[ap]\.m|cf|ca|approx"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|janv|févr|juil|déc|ene|abr|ago|dic|[A-ZÀ-Ý]|د|م)\.$",
    re.IGNORECASE,
)
END = re.compile(r"(?:[.!?؟…]+[)”»’\"'\]]*)(?=\s|$)")


@lru_cache(maxsize=4096)
def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """The spans of the sentences; what follows the last full stop is one too."""
    spans, start = [], 0
    for match in END.finditer(text):
        if match[0] == "." and ABBREVIATED.search(text[max(start, match.start() - 12) : match.end()]):
            continue
        spans.append((start, match.end()))
        start = match.end()
    if text[start:].strip():
        spans.append((start, len(text)))
    return tuple(spans)


def sentence_at(text: str, place: int) -> tuple[int, int]:
    """The sentence that holds this character."""
    return next(((start, end) for start, end in sentences(text) if start <= place < end), (0, len(text)))
