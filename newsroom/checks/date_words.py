"""The words that dates are made of in English, French, Spanish and Arabic: months, days of the week, and what stands between them.

The tables are our own: they hold what people write (Levantine, Egyptian and western Arabic months, "setiembre", names without
their accents), where a library of locales holds what it prints.
"""

# ruff: noqa: E501 - tables of words and patterns are read along the line

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from newsroom.checks.passages import SAME

LANGUAGES = ("en", "fr", "es", "ar")

MONTHS = {
    "en": "january february march april may june july august september october november december",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
SHORT_MONTHS = {
    "en": "jan feb mar apr - jun jul aug sep,sept oct nov dec",
    "fr": "janv,jan févr,fév - avr - - juil - sept oct nov déc",
    "es": "ene feb mar abr may jun jul ago sep,sept,set,setiembre oct nov dic",
}
#: Each month as Egypt and the Gulf, the Levant and Iraq, Morocco, Algeria and Tunisia, and Mauritania call it.
ARABIC_MONTHS = (
    "يناير|كانون الثاني|جانفي", "فبراير|شباط|فيفري", "مارس|آذار", "أبريل|إبريل|نيسان|أفريل", "مايو|أيار|ماي",
    "يونيو|يونية|يونيه|حزيران|جوان", "يوليو|يولية|يوليه|تموز|يوليوز|جويلية", "أغسطس|آب|غشت|أوت|أغشت",
    "سبتمبر|أيلول|شتنبر|شتمبر", "أكتوبر|تشرين الأول", "نوفمبر|تشرين الثاني|نونبر", "ديسمبر|كانون الأول|دجنبر|دجمبر",
)  # fmt: skip
LEVANTINE = (
    "كانون الثاني", "شباط", "آذار", "نيسان", "أيار", "حزيران", "تموز", "آب", "أيلول", "تشرين الأول", "تشرين الثاني", "كانون الأول",
)  # fmt: skip
WEEKDAYS = {
    "en": "monday tuesday wednesday thursday friday saturday sunday",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "ar": "الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد",
}
MORE_WEEKDAYS = {
    "en": "mon tue,tues wed thu,thur,thurs fri sat sun",
    "fr": "lun mar mer jeu ven sam dim",
    "es": "lun mar mié jue vie sáb dom",
    "ar": "الأثنين الثلثاء الإربعاء - - - -",
}
#: What stands between the ends of a range, and between the entries of a list of days.
RANGE = {"en": "to|until|till|through", "fr": "au|à|jusqu['’]au", "es": "al|a|hasta el|hasta", "ar": "إلى|حتى"}
LIST = {"en": "and|or", "fr": "et|ou", "es": "y|e|o", "ar": "و|أو"}
OF = {"en": "of", "fr": "de", "es": "de|del", "ar": "من"}
ORDINAL = {"en": "st|nd|rd|th", "fr": "er|ᵉʳ|e", "es": r"\.?[ºª°]|ro|er", "ar": "-"}
FIRST = {"en": "1st", "fr": "premier", "es": "primero", "ar": "الأول"}
BETWEEN = {"en": "between", "fr": "entre", "es": "entre", "ar": "بين|ما بين"}
DASHES = "-–—−‒"


@dataclass(frozen=True, kw_only=True)
class DateWords:
    """One language's words as regular expressions, and what each of them means."""

    language: str
    months: dict[str, int]
    weekdays: dict[str, int]
    month: str
    weekday: str
    range: str
    list: str
    of: str
    ordinal: str
    first: str


def plain(word: str) -> str:
    """A word as it is looked up: small, without accents, its Arabic letters in one form, spaces single."""
    decomposed = unicodedata.normalize("NFD", word.translate(SAME).casefold())
    return " ".join("".join(letter for letter in decomposed if not unicodedata.combining(letter)).rstrip(".").split())


@cache
def words_of(language: str) -> DateWords:
    """The words of this language; those of English where it is none of ours."""
    language = language if language in LANGUAGES else "en"
    months, weekdays = dict(_months(language)), dict(_weekdays(language))
    return DateWords(
        language=language, months=months, weekdays=weekdays, month=_either(months), weekday=_weekday_pattern(language),
        range=_tolerant(RANGE[language]), list=_tolerant(LIST[language]), of=_tolerant(OF[language]),
        ordinal=ORDINAL[language], first=_tolerant(FIRST[language]),
    )  # fmt: skip


def _months(language: str) -> list[tuple[str, int]]:
    if language == "ar":
        names = [entry.split("|") for entry in ARABIC_MONTHS]
    else:
        names = [[full, *short.split(",")] for full, short in zip(MONTHS[language].split(), SHORT_MONTHS[language].split(), strict=True)]
    return [(plain(name), number) for number, all_names in enumerate(names, start=1) for name in all_names if name != "-"]


def _weekdays(language: str) -> list[tuple[str, int]]:
    pairs = zip(WEEKDAYS[language].split(), MORE_WEEKDAYS[language].split(), strict=True)
    names = [[full, *more.split(",")] for full, more in pairs]
    return [(plain(name), number) for number, all_names in enumerate(names) for name in all_names if name != "-"]


def _weekday_pattern(language: str) -> str:
    """A dot ends a name that is cut short; after a whole one it ends the sentence."""
    short = [name for names in MORE_WEEKDAYS[language].split() for name in names.split(",") if name != "-"]
    return rf"(?:{_either([plain(name) for name in WEEKDAYS[language].split()])})(?!\w)|(?:{_either([plain(name) for name in short])})(?!\w)\.?"


def _either(words: Iterable[str]) -> str:
    """Longest first; an accent more or less, a dot after what is cut short, any spaces."""
    return "|".join(_tolerant(word) for word in sorted(words, key=len, reverse=True))


def _tolerant(words: str) -> str:
    accents = {"e": "[eéèê]", "a": "[aáàâ]", "u": "[uûùú]", "o": "[oóô]"}
    folded = unicodedata.normalize("NFC", words.translate(SAME))
    return "".join(accents.get(letter, r"\s+" if letter == " " else letter) for letter in folded)


def ends_between(text: str, begin: int, end: int, following: int, language: str) -> bool:
    """Whether the words from `begin` to `end` and those from `following` on are the two ends of a "between ... and"."""
    words = words_of(language)
    opens = rf"(?<!\w)(?:{BETWEEN[words.language]})\s+(?:(?:the|le|les|el|las|la|الساعة|يوم)\s+)?$"
    joins = rf"[\s,]*(?:{words.list})[\s]*(?:(?:the|le|les|el|las|la|الساعة|يوم)\s+)?"
    opened = re.search(opens, text[max(0, begin - 20) : begin], re.IGNORECASE)
    return bool(opened and re.fullmatch(joins, text[end:following], re.IGNORECASE))


def month_of(word: str, language: str) -> int | None:
    return words_of(language).months.get(plain(word))


def weekday_of(word: str, language: str) -> int | None:
    return words_of(language).weekdays.get(plain(word))


def weekday_name(weekday: int, language: str) -> str:
    """As a text of this language would say it: Wednesday, mercredi, miércoles, الأربعاء."""
    name = WEEKDAYS[language if language in LANGUAGES else "en"].split()[weekday]
    return name if language in ("fr", "es", "ar") else name.capitalize()


def month_name(month: int, language: str) -> str:
    if language == "ar":
        return f"{LEVANTINE[month - 1]}/{ARABIC_MONTHS[month - 1].partition('|')[0]}"
    name = MONTHS[language if language in LANGUAGES else "en"].split()[month - 1]
    return name if language in ("fr", "es") else name.capitalize()


def date_in_words(year: int | None, month: int, day: int, language: str) -> str:
    """22 January 2021, 1er mars 2028, 22 de enero de 2021."""
    of = " de " if language == "es" else " "
    number = "1er" if language == "fr" and day == 1 else str(day)
    return f"{number}{of}{month_name(month, language)}" + (f"{of}{year}" if year else "")
