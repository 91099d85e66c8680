"""Words of links that do not say where they lead, and sentences that promise a link, in English, French, Spanish and Arabic."""

# ruff: noqa: E501 - tables of words and patterns are read along the line

import re
from functools import cache

HERE = {
    "en": "here|click here|click|this|this link|link|this page|page|just here|right here|press here|tap here|over here",
    "fr": "ici|cliquez ici|cliquer ici|clique ici|lien|le lien|ce lien|cette page|par ici|juste ici|cliquez|cliquez là|là",
    "es": "aquí|aqui|haga clic aquí|haz clic aquí|clic aquí|haga clic aqui|haz clic aqui|pulse aquí|pinche aquí|enlace|este enlace|el enlace|esta página"
    "|click aquí|dé clic aquí|haga clic|haz clic",
    "ar": "هنا|اضغط هنا|اضغطوا هنا|انقر هنا|انقروا هنا|الرابط|هذا الرابط|رابط|من هنا|عبر الرابط|على الرابط|هذه الصفحة|اضغطوا|انقروا",
}
VAGUE = {
    "en": "more|read more|learn more|find out more|more info|more information|further information|info|website|see more|read here|register here"
    "|read more here|more here|find out more here|more information here|download|download here|go|details|see here|see this|read this|continue"
    "|continue reading|view|view more|sign up here|apply here|watch here",
    "fr": "en savoir plus|lire la suite|lire plus|plus|plus d’infos|plus d’informations|plus d’info|suite|la suite|site|site web|télécharger|lire ici"
    "|voir plus|voir ici|savoir plus|lire|voir|inscrivez-vous ici|s’inscrire ici|téléchargez ici|plus d’informations ici|en savoir plus ici",
    "es": "más|leer más|saber más|ver más|más información|más info|mas informacion|descargar|leer aquí|sitio web|web|ver|leer|siga leyendo|seguir leyendo"
    "|inscríbase aquí|regístrese aquí|descargar aquí|más información aquí|ver aquí|más aquí|lea más|conozca más",
    "ar": "المزيد|اقرأ المزيد|اقرؤوا المزيد|اقرأوا المزيد|للمزيد|لمزيد من المعلومات|للمزيد من المعلومات|تحميل|مزيد من المعلومات|التفاصيل|الموقع|سجلوا هنا"
    "|سجل هنا|للتسجيل هنا|تنزيل|المزيد هنا|اقرأ هنا|معلومات إضافية|تفاصيل",
}
EDGES = " \t\n.,:;!?…\"'“”‘’«»()[]→›>»←‹<-–—،؛؟\u200e\u200f"
ANNOUNCED = {
    language: re.compile(pattern, re.IGNORECASE)
    for language, pattern in {
        "en": r"(?:more info(?:rmation)?|read|register|registration(?: link)?|sign up|stay tuned|find|available|livestreamed|streamed|download|details|click"
        r"|apply|watch|interview|notes|report|agenda|programme|program|form|dates|see|follow|learn more)\b.{0,60}?\bhere\s*[.!:)]*$",
        "fr": r"(?:plus d['’]infos?|plus d['’]informations?|en savoir plus|inscri\w+|lire|lisez|disponibles?|cliquez|télécharge\w*|programme|rapport|notes"
        r"|formulaire|inscription|regardez|détails)\b.{0,60}?(?<!\w)ici\s*[.!:)]*$",
        "es": r"(?:más información|inscr\w+|regístr\w+|lea|leer|disponibles?|haga clic|clic|descarg\w+|programa|informe|notas|formulario|vea|detalles"
        r"|consulte)\b.{0,60}?(?<!\w)aquí\s*[.!:)]*$",
        "ar": r"(?:للمزيد|لمزيد|سجلوا|سجل|للتسجيل|التسجيل|اقرا\w*|اقرؤوا|متاح\w*|اضغطوا?|انقروا?|التفاصيل|حملوا|تحميل|البرنامج|التقرير)(?!\w).{0,60}?(?<!\w)هنا\s*[.!:)]*$",
    }.items()
}
#: An address in place of words.
BARE = re.compile(r"(?:https?://|www\.)\S{23,}$")


def says_nothing(words: str, language: str, *, button: bool = False) -> bool:
    """Whether these words would lead anywhere: a button may say "More", where it stands alone it says enough."""
    return _plain(words) in _saying_nothing(language if language in HERE else "en", button)


@cache
def _saying_nothing(language: str, button: bool) -> frozenset[str]:
    return frozenset(_plain(one) for one in (HERE[language] if button else f"{HERE[language]}|{VAGUE[language]}").split("|"))


def _plain(words: str) -> str:
    return " ".join(re.sub("[\u064b-\u0652\u0640]", "", words).replace("'", "’").strip(EDGES).casefold().split())
