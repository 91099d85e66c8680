"""What the columns of a list of people are called, in four languages, and how people write a language."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from newsroom.localized import NATIVE_NAMES

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "email": (
        "email", "e-mail", "mail", "email address", "e-mail address", "mail address",
        "courriel", "adresse e-mail", "adresse email", "adresse mail", "adresse électronique", "adresse de courriel", "mél",
        "correo", "correo electrónico", "dirección de correo", "dirección de correo electrónico", "dirección electrónica",
        "البريد الإلكتروني", "البريد", "بريد إلكتروني", "الإيميل", "ايميل", "عنوان البريد الإلكتروني",
    ),
    "name": (
        "name", "full name", "display name", "nom", "nom complet", "prénom et nom", "nom et prénom",
        "nombre", "nombre completo", "nombre y apellidos", "الاسم", "اسم", "الاسم الكامل",
    ),
    "language": (
        "language", "lang", "locale", "preferred language", "langue", "langue préférée", "idioma", "lengua", "idioma preferido",
        "اللغة", "لغة", "اللغة المفضلة",
    ),
    "topics": (
        "topics", "topic", "interests", "thèmes", "thème", "sujets", "centres d'intérêt", "temas", "tema", "intereses",
        "المواضيع", "الموضوعات", "موضوع", "الاهتمامات",
    ),
    "consent": ("consent", "consentement", "consentimiento", "الموافقة"),
    "deliverability": ("deliverability",),
}  # fmt: skip

LANGUAGE_WORDS: Mapping[str, tuple[str, ...]] = {
    "en": ("english", "eng", "anglais", "inglés", "الإنجليزية", "الانجليزية", "إنجليزي"),
    "fr": ("french", "fra", "fre", "français", "francés", "الفرنسية", "فرنسي"),
    "es": ("spanish", "spa", "espagnol", "español", "castellano", "الإسبانية", "الاسبانية", "إسباني"),
    "ar": ("arabic", "ara", "arabe", "árabe", "العربية", "عربي", "عربية"),
}


def folded(text: str) -> str:
    """Case, accents, Arabic hamza and marks, and the choice of space, hyphen or underscore make no difference."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char) and char != "\ufeff")
    return " ".join(re.sub(r"[\s_.:*\-]+", " ", bare.casefold()).split())


_COLUMNS = {folded(word): column for column, words in SYNONYMS.items() for word in words}
_LANGUAGES = {
    **{folded(name): code for code, name in NATIVE_NAMES.items()},
    **{folded(word): code for code, words in LANGUAGE_WORDS.items() for word in words},
}


def column_of(header: str) -> str | None:
    """Which of our columns (email, name, language, topics) a header names, if any."""
    return _COLUMNS.get(folded(header))


@lru_cache(maxsize=1024)
def language_of(text: str) -> str | None:
    """The code of a language written as a code (fr, FR, fr-CA, fr_FR) or as a name in one of four languages."""
    code = re.split(r"[-_]", text.strip().lower(), maxsplit=1)[0]
    return code if code in NATIVE_NAMES else _LANGUAGES.get(folded(text))
