"""Times of day in running text: 15:00, 15h30, 3 pm, 1.30 – 2.30 pm, الساعة 15:00; and which of them are the ends of a range."""

# ruff: noqa: E501 - tables of words and patterns are read along the line

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from newsroom.checks.date_words import DASHES, ends_between, words_of

NOON = 12
HALF = {"am": "am", "pm": "pm", "ص": "am", "صباحا": "am", "م": "pm", "مساء": "pm", "ظهرا": "pm", "بعد الظهر": "pm"}
LEADS = {
    "en": "at|from|by|until|till",
    "fr": "à|de|dès|jusqu['’]à",
    "es": "a las|a la|de las|desde las|hasta las|las|de",
    "ar": "الساعة|من الساعة",
}


@dataclass(frozen=True, kw_only=True)
class Clock:
    """A time as it stands in a text. `half` "" where neither am nor pm is said, `exact` with its minutes; `after` the place of the one its range begins with."""

    start: int
    end: int
    hour: int
    minute: int = 0
    half: str = ""
    padded: bool = False
    after: int | None = None
    bare: bool = False
    exact: bool = False

    @property
    def exists(self) -> bool:
        return self.minute < 60 and (self.hour < 24 or (self.hour, self.minute) == (24, 0))

    @property
    def minutes(self) -> int:
        """Since midnight, am and pm counted in."""
        hour = self.hour
        if self.half and hour <= NOON:
            hour = hour % NOON + (NOON if self.half == "pm" else 0)
        return hour * 60 + self.minute


@cache
def _pattern(language: str) -> re.Pattern[str]:
    words = r"[ap]\.?\s?m\b\.?|صباحا|مساء|ظهرا|بعد الظهر"
    # A single Arabic letter is an hour's half only behind minutes: "15 م" may be fifteen metres.
    halves, sure_halves = rf"(?P<half>{words}|[صم](?!\w))", rf"(?P<half3>{words})"
    lead = rf"(?<!\w)(?:{LEADS.get(language, LEADS['en'])})\s+"
    return re.compile(
        rf"(?<![\w:./,])(?:"
        rf"(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})(?!\d|:\d|\.\d)(?::\d\d)?(?:\s?h\b|\s?{halves})?"
        rf"|(?P<hour2>\d{{1,2}})\s?h(?:\s?(?P<minute2>\d{{2}}))?(?!\w)"
        rf"|(?P<hour3>\d{{1,2}})(?:\.(?P<minute3>\d{{2}}))?\s?{sure_halves}"
        rf"|(?P<hour4>\d{{1,2}})\s?(?:heures?|horas|hrs?|uhr)(?!\w)"
        rf")|(?:{lead}(?P<hour5>\d{{1,2}})(?=\s*(?:$|[.,;،](?!\d))))",
        re.IGNORECASE,
    )  # fmt: skip


@cache
def _bare_start(language: str) -> re.Pattern[str]:
    """The first number of "9 – 11 am", "de 9 a 12 h", "1.30 – 2.30 pm"."""
    words = words_of(language)
    return re.compile(
        rf"(?<![\w:./,–-])(?P<hour>\d{{1,2}})(?:[.:](?P<minute>\d{{2}}))?\s*(?:[{DASHES}]|(?<!\w)(?:{words.range})(?!\w))\s*(?:(?:las|la|الساعة)\s+)?$",
        re.IGNORECASE,
    )


@cache
def _between(language: str) -> re.Pattern[str]:
    words = words_of(language)
    return re.compile(rf"\s*(?:[{DASHES}]|(?<!\w)(?:{words.range})(?!\w))\s*(?:(?:las|la|le|الساعة)\s+)?", re.IGNORECASE)


@lru_cache(maxsize=4096)
def clocks(text: str, language: str) -> tuple[Clock, ...]:
    """Every time of day in this text, in order."""
    found: list[Clock] = []
    for match in _pattern(language).finditer(text):
        clock = _clock(match)
        if clock is None:
            continue
        begin = _bare_start(language).search(text[max(0, clock.start - 30) : clock.start])
        if begin and (not found or found[-1].end <= clock.start - len(begin[0])):
            at = clock.start - len(begin[0])
            found.append(Clock(start=at, end=at + begin.end("minute" if begin["minute"] else "hour") - begin.start(),
                               hour=int(begin["hour"]), minute=int(begin["minute"] or 0), bare=True))  # fmt: skip
        found.append(clock)
    return tuple(_ranges(text, found, language))


def _clock(match: re.Match[str]) -> Clock | None:
    for number in ("", "2", "3", "4", "5"):
        if match[f"hour{number}"]:
            groups = match.groupdict()
            minute, half = groups.get(f"minute{number}"), groups.get(f"half{number}")
            start, end = match.start(f"hour{number}"), match.end()
            said = match[f"hour{number}"]
            return Clock(
                start=start, end=end, hour=int(said), minute=int(minute or 0), half=_half(half), padded=said.startswith("0"),
                exact=minute is not None,
            )  # fmt: skip
    return None


def _half(word: str | None) -> str:
    if not word:
        return ""
    letters = re.sub(r"[\s.]", "", word.casefold())
    return HALF.get(letters) or HALF.get(word, "")


def _ranges(text: str, found: list[Clock], language: str) -> list[Clock]:
    """The second of two with a dash between ends the range; its am or pm holds for the first where that keeps the order."""
    for place in range(1, len(found)):
        first, second = found[place - 1], found[place]
        if _between(language).fullmatch(text[first.end : second.start]) or ends_between(
            text, first.start, first.end, second.start, language
        ):
            found[place] = replace(second, after=place - 1)
            if second.half and not first.half:
                same = replace(first, half=second.half)
                other = replace(first, half="am" if second.half == "pm" else "pm")
                found[place - 1] = same if same.minutes < second.minutes else other
    return found
