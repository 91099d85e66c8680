"""Marks that writers leave for themselves, and remains of other programs: nothing that readers should see."""

# ruff: noqa: E501 - tables of words and patterns are read along the line

import re
from collections.abc import Iterator

from newsroom.checks.base import Block, Finding, Material, Passage, check
from newsroom.checks.translations import field_name

EVERYWHERE = re.compile(
    r"""
    \b(?:FIXME|TBD|T\.B\.D\.)\b(?!\w)
    | (?<![\w])TK(?:TK)*\b(?!\s+Maxx)
    | \?{3,} | _{4,} | \.{5,}
    | lorem\s+ipsum | dolor\s+sit\s+amet | لوريم\s+ايبسوم
    | \[\s*(?:insert|add|insérer|ajouter|insertar|añadir|agregar|ادخل|اضف)\b[^\]]{0,60}\]
    | \[\s*(?:date|dates|name|link|title|text|url|place|venue|number|image|photo|xx+|tbd|todo|à\ compléter|nom|lien|titre|texte|lieu|fecha|nombre|enlace|título|texto|lugar
        |يستكمل|التاريخ|الاسم|الرابط|العنوان|النص)\s*\]
    | \btexte\s+à\s+venir\b | \b(?:texte|titre)\s+provisoire\b | \btexto\s+(?:de\s+ejemplo|de\s+relleno|provisional)\b
    | \b(?:text|copy)\s+to\s+come\b | \b(?:placeholder|dummy|sample)\s+text\b | \byour\s+text\s+here\b
    | \b(?:insert|add)\s+(?:the\s+)?(?:text|link|date|name|photo|image|quote|title|figure)s?\s+here\b
    | (?<!\w)نص\s+تجريبي | (?<!\w)ادرج\s+النص | (?<!\w)نص\s+مؤقت
    | \bX{2}\s+(?:de\s+)?(?:January|February|March|April|May|June|July|August|September|October|November|December|janvier|février|mars|avril|mai|juin|juillet|août
        |septembre|octobre|novembre|décembre|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)\b
    | \b(?:January|February|March|April|May|June|July|August|September|October|November|December)\s+XX\b
    | \b(?:xx|\d\d?)[/.]xx[/.](?:\d{4}|xx+|yy+)\b | \b(?:XX|\d\d?):XX\b | \bXX[h:]\d*
    | (?<![\w%])%[sd]\b | \{\{.*?\}\}? | \{%.*?%\} | \$\{\w* | <<\w+>> | \]\]
    | </?(?:p|div|span|ul|ol|li|br|strong|em|style|table|td|tr|a|b|i|h[1-6]|font)(?:\s[^<>]{0,200})?/?> | &(?:nbsp|amp|quot|lt|gt|\#\d+);
    | \b\w+\.(?:jpe?g|png|gif|docx?|pptx?)(?=[A-Z])
    """,
    re.IGNORECASE | re.VERBOSE,
)
#: What is said of a text as a whole; inside a longer sentence it speaks of something else.
OF_A_TEXT = re.compile(
    r"\b(?:à\s+(?:compléter|rédiger|traduire|remplir|vérifier|insérer)|por\s+(?:completar|redactar|traducir|insertar)|(?:completar|rellenar)\s+(?:aquí|después)"
    r"|to\s+be\s+(?:written|translated|completed|filled\s+in|added|inserted|updated))\b|يستكمل\s+لاحقا|للاستكمال|قيد\s+الترجمة|يضاف\s+لاحقا|يترجم\s+لاحقا",
    re.IGNORECASE,
)
SHORT = 5
#: Names that only letters in capitals make a mark.
CAPITALS = re.compile(r"(?<![\w#@])(?:TODO|TO\ DO:|XXX+|FIXME)(?![\w])")
SPANISH_TODO = re.compile(r"(?<![\w#@])TODO(?=\s*[:(])|^\s*TODO\s*$")
ROMAN_THIRTY = re.compile(
    r"^(?:e|ème|th|º|ª|\.º|\.ª)?\s*(?:edici|édition|edition|siècle|siglo|century|congr|anivers|annivers|assembl|asamblea|cumbre|jornada|conf)",
    re.IGNORECASE,
)
STAND_IN_NAME = re.compile(
    r"^(?:Speaker|Name|Person|Panell?ist|Moderator|Intervenante?|Ponente|Orador|Oradora|Nombre|Nom|Moderadora?|Mod[ée]rat(?:eur|rice)|المتحدث|المتحدثة|المتكلم|الاسم)"
    r"\s+(?:One|Two|Three|Four|Five|\d{1,2}|[A-CXYZ]|un|deux|uno|dos|الاول|الثاني|الاولي|الثانية)$|^(?:(?:First|Last|Full)\s+name|Firstname Lastname|John Doe|Jane Doe|N\.N\.)$",
    re.IGNORECASE,
)
TK_SMALL = re.compile(r"^tk", re.IGNORECASE)


@check("unfinished")
def unfinished(material: Material) -> Iterator[Finding]:
    """Nothing is left that was meant for the writers."""
    yield from fields(material)
    for number, uid in material.untouched:
        yield Finding(check="unfinished", number=number, uid=uid, says="unfinished.untouched")
    for passage in material.passages:
        if passage.form in ("link", "file"):
            continue
        language = passage.language or material.source.original
        for block in passage.blocks:
            for start, end in _marks(block, language):
                yield passage.finding("unfinished", "unfinished.mark", quote=block.quote(start, end))
        if _is_name(passage) and STAND_IN_NAME.match(passage.text.strip()):
            yield passage.finding("unfinished", "unfinished.name", quote=passage.shown.strip())


def fields(material: Material) -> Iterator[Finding]:
    """What keeps a section out of the letter stops the issue, under the name of the check that it belongs to."""
    for number, uid, fault in material.faults:
        backward = "before it starts" in fault.sentence
        impossible = re.search(r"is not a (?:date|time of day|month)", fault.sentence)
        name = "end_before_start" if backward else "impossible_date" if impossible else "unfinished"
        yield Finding(check=name, severity="error", number=number, uid=uid, path=fault.path, says="unfinished.field",
                      facts={"field": field_name(fault.path), "why": fault.sentence, "quote": fault.sentence})  # fmt: skip


def _is_name(passage: Passage) -> bool:
    return (passage.form == "name" and passage.path[-1] in ("name", "attribution")) or passage.path[-1:] == ("attribution",)


def _marks(block: Block, language: str) -> Iterator[tuple[int, int]]:
    found = [match.span() for match in EVERYWHERE.finditer(block.text) if _counts(match)]
    found += [match.span() for match in (SPANISH_TODO if language in ("es", "pt") else CAPITALS).finditer(block.text)
              if not (match[0].startswith("XXX") and ROMAN_THIRTY.match(block.text[match.end() :]))]  # fmt: skip
    found += [match.span() for match in OF_A_TEXT.finditer(block.text) if _stands_alone(block.text, match)]
    if language in ("es", "pt"):
        found += [
            match.span() for match in re.finditer(r"(?<!\w)XXX+(?!\w)", block.text) if not ROMAN_THIRTY.match(block.text[match.end() :])
        ]
    yield from _apart(sorted(found))


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    return len(text.split()) <= SHORT or bool(
        re.search(r"[\[(][^\])]{0,20}$", text[: match.start()]) and re.match(r"[^\[(]{0,20}[\])]", text[match.end() :])
    )


def _counts(match: re.Match[str]) -> bool:
    """Initials in capitals only: "tk" and "tbd" written small are other words."""
    return not (TK_SMALL.match(match[0]) and not match[0].isupper())


def _apart(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    last = -1
    for start, end in spans:
        if start >= last:
            yield start, end
            last = end
