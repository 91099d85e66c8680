"""Deadlines and invitations that are over before the letter leaves."""

# ruff: noqa: E501 - tables of words and patterns are read along the line

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from newsroom.checks.base import Block, Finding, Material, Passage, check
from newsroom.checks.date_reading import Mention, mentions
from newsroom.checks.date_words import date_in_words
from newsroom.checks.sentences import sentence_at
from newsroom.checks.spans import last_day
from newsroom.checks.years import typed_days
from newsroom.rendering.source import NumberedSection
from newsroom.sections.news import CallToAction
from newsroom.sections.walking import Path
from newsroom.sections.when import Sessions
from newsroom.sections.workshop import Workshop

#: Words before a date by which it lies ahead.
AHEAD = {
    "en": r"will|shall|is to|are to|upcoming|forthcoming|register|sign up|deadline|apply|applications?|submit|send us|join us|save the date|closes?"
    r"|closing|due|(?:is|are) open|taking place|takes place|open until|don['’]t miss|next",
    "fr": r"aura lieu|auront lieu|se tiendra|se tiendront|se déroulera|sera|seront|prochaine?|inscri\w+|avant le|jusqu['’]au|date limite|au plus tard"
    r"|rejoignez|envoyez\w*|à venir|participez|clôture|s['’]ouvrira|débutera|commencera|échéance",
    "es": r"tendrá lugar|tendrán lugar|se celebrará|se celebrarán|se llevará a cabo|será|serán|próxim[oa]s?|inscr[ií]b\w+|inscripci\w+|antes del"
    r"|hasta el|fecha límite|plazo|únase|envíe\w*|regístre\w*|participe|comenzará|empezará|cierra",
    "ar": r"[وف]?س[يتن]\w+|القادم\w*|المقبل\w*|سجلوا|سجل|للتسجيل|التسجيل|قبل|حتي|الموعد النهائي|اخر موعد|موعد اقصاه|شاركوا|انضموا|ارسلوا",
}
#: Words by which it lies behind, whatever else the sentence says.
BEHIND = {
    "en": r"was|were|took place|held|hosted|founded|adopted|signed|met|launched|ended|closed|since|announced|published|released|began|started|gathered",
    "fr": r"a eu lieu|ont eu lieu|s['’]est|se sont|était|fondée?|adoptée?|signée?|lancée?|depuis|publiée?|tenue?|réunis?|a été|ont été",
    "es": r"tuvo lugar|tuvieron lugar|se celebró|fue|fueron|fundad[oa]|adoptad[oa]|firmad[oa]|lanzad[oa]|desde|publicad[oa]|celebrad[oa]|se reunió",
    "ar": r"عقدت?|عقد|اعتمدت?|كانت?|اجتمعت?|انعقدت?|منذ|اطلقت?|جرت?|شهدت?|استضافت?",
}
#: What tells of those who did it in time: "thank you to all who registered before", unless a word of the future stands there too.
DONE = {
    "en": r"thank\w*|received|(?:who|that|which|have|had|has)\s+\w+ed|came in|arrived|were|was",
    "fr": r"merci|reçue?s?|(?:se )?(?:sont|ont|étaient|avaient|avons)\b|qui (?:a|ont|se sont)",
    "es": r"gracias|recibid[oa]s?|\w+(?:aron|ieron)|quienes|fueron|han",
    "ar": r"شكرا|تلقينا|وردت|الواردة|المستلمة|(?:من|الذين|اللواتي|التي)\s+\w+",
}
CERTAIN = {"en": "will|shall|deadline|upcoming|next", "fr": r"\w+ra|\w+ront|date limite|prochaine?|échéance", "es": r"\w+rá|\w+rán|fecha límite|plazo|próxim[oa]s?",
           "ar": r"[وف]?س[يتن]\w+|الموعد النهائي|اخر موعد|القادم\w*|المقبل\w*"}  # fmt: skip
#: "will be held" lies ahead.
TO_COME = re.compile(r"\b(?:be|sera|seront|être|será|serán|ser)\s+$", re.IGNORECASE)
SHORTEST_CLAUSE = 60


@dataclass(frozen=True, kw_only=True)
class Late:
    """A fact that has passed: which field, and the last moment of it."""

    says: str
    path: Path
    moment: date | datetime


@check("past")
def past(material: Material) -> Iterator[Finding]:
    """What readers are invited to has not passed when they are."""
    for numbered in material.source.sections:
        zone = getattr(numbered.section, "timezone", None) or material.source.timezone
        late = _late(numbered, zone, material.send_at)
        if late:
            yield Finding(
                check="past", number=numbered.number, uid=numbered.uid, path=late.path, says=late.says, facts=_told(late, material, zone)
            )
        yield from _in_words(material, numbered.number, typed_days(numbered.section) if late else ())
    yield from _in_words(material, None, tuple(day for numbered in material.source.sections for day in typed_days(numbered.section)))


def _told(late: Late, material: Material, zone: str) -> dict[str, str]:
    day = late.moment.date() if isinstance(late.moment, datetime) else late.moment
    hour = f", {late.moment:%H:%M}" if isinstance(late.moment, datetime) else ""
    local = material.send_at.astimezone(ZoneInfo(material.source.timezone))
    return {"date_day": day.isoformat(), "hour": hour, "date_sent": local.date().isoformat(), "at": f"{local:%H:%M}", "zone": zone,
            "list_zone": material.source.timezone, "quote": day.isoformat() + hour}  # fmt: skip


def _late(numbered: NumberedSection, zone: str, send_at: datetime) -> Late | None:
    section = numbered.section
    if isinstance(section, CallToAction) and section.deadline and over_at(section.deadline, zone) < send_at:
        return Late(says="past.deadline", path=("deadline",), moment=section.deadline)
    if isinstance(section, Workshop) and section.state in ("planned", "to_be_confirmed"):
        return _late_workshop(section, zone, send_at)
    return None


def _late_workshop(section: Workshop, zone: str, send_at: datetime) -> Late | None:
    deadline, begins, ends = section.registration_deadline, _begins(section), last_day(section)
    invites = bool(section.registration_url) or deadline is not None
    if deadline and over_at(deadline, zone) < send_at:
        return Late(says="past.registration", path=("registration_deadline",), moment=deadline)
    if invites and begins and over_at(begins, zone) < send_at:
        return Late(says="past.open_registration", path=("when",), moment=begins)
    if section.stream_url and ends and over_at(_ends(section) or ends, zone) < send_at:
        return Late(says="past.stream", path=("stream_url",), moment=ends)
    return None


def _begins(section: Workshop) -> date | datetime | None:
    when = section.when
    if isinstance(when, Sessions):
        return when.sessions[0].starts_at
    return last_day(section)


def _ends(section: Workshop) -> datetime | None:
    return max(session.ends_at for session in section.when.sessions) if isinstance(section.when, Sessions) else None


def over_at(moment: date | datetime, zone: str) -> datetime:
    """The instant this is over: a day at its end, a moment when it comes."""
    local = moment if isinstance(moment, datetime) else datetime.combine(moment, time(23, 59, 59))
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _in_words(material: Material, number: int | None, told: tuple[date, ...]) -> Iterator[Finding]:
    """Dates with their year, behind the send time, in a sentence that says they lie ahead."""
    for passage in material.passages_of(number):
        if passage.is_words:
            for block in passage.blocks:
                yield from _in_block(material, passage, block, told)


def _in_block(material: Material, passage: Passage, block: Block, told: tuple[date, ...]) -> Iterator[Finding]:
    language = passage.language
    found = mentions(block.text, language)
    followed = {one.after for one in found}
    for place, mention in enumerate(found):
        day = mention.on
        if day is None or place in followed or day in told or over_at(day, material.source.timezone) >= material.send_at:
            continue
        first = found[mention.after] if mention.after is not None else mention
        if _lies_ahead(block.text, first, language):
            sent = material.send_at.astimezone(ZoneInfo(material.source.timezone)).date()
            yield passage.finding(
                "past", "past.text", quote=block.quote(first.start, mention.end), date=date_in_words(day.year, day.month, day.day, language),
                date_sent=sent.isoformat(),
            )  # fmt: skip


def _lies_ahead(text: str, mention: Mention, language: str) -> bool:
    """A word for the future stands before the date in its clause, and none for the past stands nearer."""
    begin, _ = sentence_at(text, mention.start)
    words = text[max(begin, mention.start - 120) : mention.start]
    ahead = [match.start() for match in _words(AHEAD, language).finditer(words)]
    behind = [match.start() for match in _words(BEHIND, language).finditer(words) if not TO_COME.search(words[: match.start()])]
    if (
        not ahead
        or (behind and behind[-1] > ahead[-1])
        or (_words(DONE, language).search(words) and not _words(CERTAIN, language).search(words))
    ):
        return False
    between = words[ahead[-1] :]
    return not re.search("[;؛]", between) and (("," not in between and "،" not in between) or len(between) < SHORTEST_CLAUSE)


def _words(table: dict[str, str], language: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{table.get(language, table['en'])})(?!\w)", re.IGNORECASE)
