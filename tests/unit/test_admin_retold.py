"""What the core says in English is said in the language of the page: every sentence that the admin can meet has its words."""

import ast
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from admin import retelling
from admin.retelling import ENDS, PLACE, dated, retold, sentences
from admin.views import settings as settings_page
from newsroom.drafting import faults
from newsroom.sendqueue import relay_troubles
from newsroom.sendqueue.server_settings import ServerSetting
from newsroom.settings import Settings

ROOT = Path(retelling.__file__).parent.parent
SPOKEN = ("fr", "es")
#: Where guests and translators are led: these speak Arabic as well.
IN_ARABIC = (
    "newsroom/comments", "newsroom/guest", "newsroom/taking_back", "admin/guest",
    "newsroom/signoffs", "newsroom/proposals", "newsroom/pictures", "newsroom/media",
    "newsroom/merge_fields", "newsroom/section_rows", "newsroom/section_writing", "newsroom/sections/", "newsroom/tokens",
    "newsroom/drafting/rich_text", "newsroom/drafting/translation_papers", "newsroom/drafting/word_", "newsroom/rendering/",
    "admin/freshness",
)  # fmt: skip
#: What only the command line, a start or the sender says; a new module is not among them.
NEVER_SEEN = (
    "newsroom/backups/", "newsroom/bench/", "newsroom/cli/", "newsroom/demo/", "newsroom/migrations/", "newsroom/db", "newsroom/keys",
    "newsroom/schema", "newsroom/settings", "newsroom/errors", "newsroom/lifecycle", "newsroom/relay_urls", "newsroom/dkim_keys",
    "newsroom/drafting/drafts", "newsroom/drafting/exporting", "newsroom/drafting/importing", "newsroom/drafting/picture_files",
    "newsroom/drafting/reading", "newsroom/drafting/rich_reading", "newsroom/sendqueue/adopting", "newsroom/sendqueue/tick",
    "newsroom/sendqueue/doctor", "newsroom/sendqueue/transports/opening", "newsroom/data_folder", "subscribers/consent",
    "subscribers/preferences",
    "subscribers/web", "subscribers/standing",
)  # fmt: skip
#: Whose words are a sentence, and which of their arguments are.
SPEAKERS = {
    "Refused": ("message",), "NotFound": ("message",), "InvalidInput": ("message", "hint"), "InvalidAddress": ("message", "hint"),
    "Problem": ("message", "hint"), "CompileError": ("message",), "ConfigurationError": ("message",), "Unreachable": ("sentence",),
    "TokenRefused": ("message",), "Finding": ("message", "hint"), "tell": ("sentence",), "_say": ("message", "hint"), "Doubt": ("cause",),
    "ValueError": ("message",), "PydanticCustomError": ("message",), "_of_issue": ("message", "hint"),
    "CannotBeWritten": ("message", "hint"),
}  # fmt: skip
#: Arguments that bring along a sentence made elsewhere, or words of the catalogue.
BROUGHT = re.compile(
    r"(message|hint|tp|t|str|plain|count|did_you_mean|one_of)\(.*|.*\.(message|hint|fault|msg|said)(\(.*)?|\[.*|error|row\.doubt|trouble|.*\.trouble\.(what|advice)|problems|(\w+\.)?CLOSED|act\(.*|why",
    re.DOTALL,
)
#: Functions through which sentences are handed on: module, what they are called there.
HANDED_ON = {
    ("newsroom/drafting/faults", "message"), ("newsroom/drafting/faults", "hint"), ("newsroom/installation", "cause"),
    ("newsroom/local_times", "instead"), ("newsroom/merge_fields", "message"), ("newsroom/merge_fields", "hint"),
    ("newsroom/sendqueue/status", "hint"), ("newsroom/sendqueue/status", "doubt.cause"), ("newsroom/sendqueue/status", "NEXT"),
    ("newsroom/sendqueue/status", "limit.words"),
    ("newsroom/sendqueue/transports/probing", "message"),
    ("newsroom/sendqueue/transports/probing", "hint"), ("admin/relay_forms", "sentence"),
     ("admin/views/relays", "obstacle"), ("admin/views/reviews", "message"),
    ("admin/views/scheduling", "message"), ("admin/row_numbers", "text"), ("admin/views/moves", "told"),
    ("admin/views/moves", "told()"),
    ("admin/views/people", "told"), ("newsroom/drafting/paper_writing", "words"),
    ("newsroom/sendqueue/writability", "found.how_to_set('off', first=ALLOWED)"),
}  # fmt: skip
#: What quotes nothing but sentences.
FRAMES = {"Issue \0 (\0) \0"}
GAP = "\0"
#: Speakers whose sentence comes after something else.
SECOND = {"_say": 1, "PydanticCustomError": 1, "_of_issue": 2}


def modules(kept: tuple[str, ...] = ("newsroom/", "subscribers/", "admin/")) -> Iterator[str]:
    for folder in ("newsroom", "subscribers", "admin"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix().removesuffix(".py")
            if "node_modules" not in name and not name.startswith(NEVER_SEEN) and name.startswith(kept):
                yield name


@cache
def tree(module: str) -> ast.Module:
    return ast.parse((ROOT / f"{module}.py").read_text("utf-8"))


@dataclass(frozen=True)
class Place:
    """A function of a module, or what stands outside of any."""

    module: str
    function: ast.AST

    @property
    def seen_from(self) -> tuple[ast.AST, ...]:
        return (self.function, *(node for node in tree(self.module).body if isinstance(node, (ast.Assign, ast.AnnAssign))))


def places(module: str) -> Iterator[Place]:
    functions = [node for node in ast.walk(tree(module)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    yield from (Place(module, function) for function in functions)


def said_at(place: Place) -> Iterator[tuple[int, ast.expr]]:
    for node in ast.walk(place.function):
        # A `tell` with a session is the one of notices, whose words are keys.
        told_to_somebody = isinstance(node, ast.Call) and node.args and ast.unparse(node.args[0]) == "session"
        if isinstance(node, ast.Call) and not told_to_somebody and (names := SPEAKERS.get(_called(node))):
            first = SECOND.get(_called(node), 0)
            for number, one in enumerate(node.args[first : first + len(names)]):
                of_an_issue = _called(node) == "_of_issue" and number == 0
                yield node.lineno, ast.BinOp(ast.Constant(f"Issue {GAP} ({GAP}) "), ast.Add(), one) if of_an_issue else one
            yield from ((node.lineno, one.value) for one in node.keywords if one.arg in names)


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        made = function.attr == "of" and isinstance(function.value, ast.Name)
        return function.value.id if made and isinstance(function.value, ast.Name) else function.attr if function.attr in SECOND else ""
    return function.id if isinstance(function, ast.Name) else ""


def forms(place: Place, expression: ast.expr) -> Iterator[str | ast.expr]:
    """The sentences that this may be, a gap where something is quoted; what cannot be followed, as it is."""
    match expression:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=values):
            yield from _joined(place, values)
        case ast.IfExp(body=body, orelse=orelse):
            yield from (*forms(place, body), *forms(place, orelse))
        case ast.BinOp(left=left, right=right):
            yield from (f"{one}{other}" for one in _known(place, left) for other in _known(place, right))
        case ast.Name(id=name) if found := _assigned(place, name):
            yield from (form for one in found for form in forms(place, one))
        case ast.Subscript(value=ast.Name(id=name)) if found := _assigned(place, name):
            yield from (form for one in found if isinstance(one, ast.Dict) for value in one.values for form in forms(place, value))
        case ast.Call(func=ast.Name(id="_some"), args=[_, *words]):
            yield from (f"{GAP} {word}" for one in words for word in _known(place, one))
        case ast.Call(func=ast.Attribute(value=told, attr="format")):
            yield from (re.sub(r"\{[^}]*\}", GAP, one) for one in _known(place, told))
        case ast.Call(func=ast.Attribute(value=told, attr="strip" | "rstrip")):
            yield from forms(place, told)
        case ast.Call(func=ast.Name(id="_sentence"), args=[told]):
            yield from forms(place, told)
        case ast.Call(func=ast.Name(id=name)) if returns := _returned(place, name):
            yield from (form for other, one in returns for form in forms(other, one))
        case _:
            yield expression


def _known(place: Place, expression: ast.expr) -> Iterator[str]:
    yield from (form if isinstance(form, str) else GAP for form in forms(place, expression))


def _joined(place: Place, values: list[ast.expr]) -> Iterator[str]:
    """A choice between two wordings is two sentences; all else is quoted."""
    built = [""]
    for value in values:
        said = [str(value.value)] if isinstance(value, ast.Constant) else [GAP]
        if isinstance(value, ast.FormattedValue) and not isinstance(value.value, ast.Subscript):
            found = set(_known(place, value.value))
            said = sorted(found) if found and all(re.search("[a-z]{2}", one) or not one for one in found) else said
        built = [f"{before}{one}" for before in built for one in said]
    yield from built


def _assigned(place: Place, name: str) -> list[ast.expr]:
    every = [node for seen in place.seen_from for node in ast.walk(seen)]
    plain = [node.value for node in every if isinstance(node, ast.Assign) and name in [ast.unparse(one) for one in node.targets]]
    typed = [node.value for node in every if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name and node.value]
    return plain + [value for value in typed if value]


def _returned(place: Place, name: str) -> list[tuple[Place, ast.expr]]:
    functions = [other for other in places(place.module) if getattr(other.function, "name", "") == name]
    return [(other, node.value) for other in functions for node in ast.walk(other.function) if isinstance(node, ast.Return) and node.value]


def without_words(form: str, language: str) -> bool:
    """Whether a reader of this language would meet a piece of it in English."""
    shown = form.replace(GAP, "x7").strip()
    if form in FRAMES or not re.search(r"[A-Za-z]{3}", form.replace("x7", "")):
        return False
    said = retold(shown, language)
    return said == shown or any(piece in said for piece in ENDS.split(shown) if re.search(r"[a-z]{3}", piece))


@cache
def every_form(kept: tuple[str, ...] = ("newsroom/", "subscribers/", "admin/")) -> tuple[tuple[str, int, str | ast.expr], ...]:
    return tuple(
        (module, line, form)
        for module in modules(kept)
        for place in places(module)
        for line, expression in said_at(place)
        for form in forms(place, expression)
    )


@pytest.mark.parametrize("language", SPOKEN)
def test_every_sentence_that_the_admin_can_meet_has_words(language: str) -> None:
    found = every_form()
    assert len(found) > 300
    silent = {f"{module}.py:{line}: {form!r}" for module, line, form in found if isinstance(form, str) and without_words(form, language)}
    assert sorted(silent) == []


def test_what_guests_and_translators_meet_has_words_in_arabic() -> None:
    found = every_form(IN_ARABIC)
    silent = {f"{module}.py:{line}: {form!r}" for module, line, form in found if isinstance(form, str) and without_words(form, "ar")}
    assert sorted(silent) == []


def test_no_sentence_is_made_in_a_way_that_this_test_cannot_follow() -> None:
    unknown = {
        f"{module}.py:{line}: {ast.unparse(form)}"
        for module, line, form in every_form()
        if not isinstance(form, str) and (module, ast.unparse(form)) not in HANDED_ON and not BROUGHT.fullmatch(ast.unparse(form))
    }
    assert sorted(unknown) == []


TABLES = {
    "faults of fields": [one.format(what="'x7'", expected="x7", max_length=9) for one in faults.SENTENCES.values()],
    "settings": [f"{field.description}." for field in Settings.model_fields.values()],
    "names of settings": [name for name in settings_page.NAMES.values() if name != "Redis"],
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("language", SPOKEN)
def test_sentences_that_stand_in_tables_have_words(table: str, language: str) -> None:
    assert [one for one in TABLES[table] if without_words(one, language) or retold(one, language) == one] == []


def test_every_trouble_with_a_mail_server_and_its_advice_have_words() -> None:
    """They are made in pieces: what happened, and what to do about it."""
    pieces = {
        form
        for place in places("newsroom/sendqueue/transports/troubles")
        for node in ast.walk(place.function)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Trouble"
        for one in (*node.args, *(keyword.value for keyword in node.keywords if keyword.arg in ("what", "advice")))
        for form in forms(place, one)
        if isinstance(form, str)
    }
    assert len(pieces) > 20
    assert sorted(piece for piece in pieces if " " in piece and without_words(piece, "fr")) == []


@pytest.mark.parametrize("number", [1, 5])
@pytest.mark.parametrize("language", SPOKEN)
def test_how_many_connections_a_mail_server_lets_in_has_words(number: int, language: str) -> None:
    assert not without_words(relay_troubles.lets_in(number, 16), language)


@pytest.mark.parametrize("source", ["user", "client", "configuration file"])
@pytest.mark.parametrize("language", SPOKEN)
def test_where_a_setting_of_the_database_is_taken_back_has_words(source: str, language: str) -> None:
    found = ServerSetting(name="x7", value="x7", source=source, role="x7", database="x7")
    assert not without_words(found.how_to_set("x7"), language)


def test_every_language_quotes_the_same() -> None:
    for sentence in sentences():
        for language, words in sentence.words.items():
            assert sorted(PLACE.findall(words)) == sorted(PLACE.findall(sentence.words["en"])), (language, words)


def test_every_sentence_is_typeset_and_said_in_french_and_spanish() -> None:
    for sentence in sentences():
        assert {"en", *SPOKEN} <= set(sentence.words), sentence.words["en"]
        for language in sentence.words.keys() - {"en"}:
            bare = re.sub(r"`[^`]*`|\w+://\S*|\b(mailto|tel|outbox):", "x", sentence.words[language])
            assert not re.search(r"['\"]|\.\.\.|  (?! )| $", bare), (language, bare)
            if language == "fr":
                assert not re.search(r"[^\u202f][?!;]|[^\u00a0\d]:(?!said|when)|[^\u00a0]:(?!\d|said|when)", bare), bare
            if language == "ar":
                assert not re.search(r"[?,;]", bare), bare


def test_no_sentence_stands_twice_and_none_is_so_open_that_it_fits_everything() -> None:
    skeletons = [(one.is_word, PLACE.sub("{}", one.words["en"]).casefold().removesuffix(".")) for one in sentences()]
    assert sorted({one for one in skeletons if skeletons.count(one) > 1}) == []
    open_ = [
        one.words["en"]
        for one in sentences()
        if one.places and not one.is_word and len(re.findall("[a-z]", PLACE.sub("", one.words["en"]))) < 4
    ]
    assert open_ == ["{what:said}; {advice:said}"]


def test_english_stays_byte_for_byte() -> None:
    assert retold("There is no issue 7.", "en") == "There is no issue 7."


@pytest.mark.parametrize(
    ("said", "language", "shown"),
    [
        ("There is no issue 7.", "fr", "Il n’y a pas de numéro 7."),
        ("There is no mailing list 'news'. Did you mean new?", "es", "No existe la lista «news». ¿Quería decir new?"),
        ("There is no mailing list 'Dr. Anna'.", "fr", "Il n’y a pas de liste «\u00a0Dr. Anna\u00a0»."),
        ("Section 3 (fr): the MJML engine broke on it.", "es", "Sección 3 (fr): el motor MJML falló con ella."),
        ("line 3: The row has no e-mail address.", "fr", "ligne 3\u00a0: La ligne n’a pas d’adresse électronique."),
        ("line 3: 'x' is not an e-mail address: An email address must have an @-sign.", "es",
         "línea 3: «x» no es una dirección de correo: una dirección de correo debe llevar una @."),
        ("line 4: The address is the same as in line 2; the first one counts.", "fr",
         "ligne 4\u00a0: L’adresse est la même qu’à la ligne 2\u202f; la première compte."),
        ("The data folder has 62,663 MB free.", "fr", "Le dossier des données a 62\u202f663 Mo libres."),
        ("items.2.text: is missing.", "fr", "Points · 2 · Texte\u00a0: manque."),
        ("Friday 24 May 2024, 10:00 (CEST) has passed.", "es", "El viernes 24 de mayo de 2024, 10:00 (CEST) ya pasó."),
        ("The issue is in review, so this is not possible now: schedule. Possible: approve, recall.", "es",
         "El número está en estado «en revisión»: ahora no es posible esta acción: programar. Posible: aprobar, retirar de la revisión."),
        ("Nothing answers at this address and port.", "fr", "Rien ne répond à cette adresse et à ce port."),
        ("nothing answers at this address and port", "fr", "rien ne répond à cette adresse et à ce port"),
        ("There is no issue 7. Nobody has words for this.", "fr", "Il n’y a pas de numéro 7. Nobody has words for this."),
        ("Nobody has words for this.", "fr", "Nobody has words for this."),
        ("", "fr", ""),
        ("C’est enregistré.", "fr", "C’est enregistré."),
    ],
)  # fmt: skip
def test_what_is_quoted_stays_and_the_rest_is_said(said: str, language: str, shown: str) -> None:
    assert retold(said, language) == shown


def test_in_arabic_what_is_quoted_is_set_apart() -> None:
    assert retold("There is no issue 7.", "ar") == "لا يوجد عدد \u20687\u2069."


def test_a_sentence_of_any_length_is_looked_at_in_no_time() -> None:
    begun = time.process_time()
    many_ways = "This paper is of issue a" + " in a, not of issue a" * 90
    for text in (many_ways, "'" * 1_900, "x is too long: " * 120, "a. B" * 400, "is not: " * 200, "y" * 500_000):
        retold(text, "fr")
    assert time.process_time() - begun < 10


@pytest.mark.parametrize("said", ["; " * 299, "it is b; " * 220, "a; b. " * 330])
def test_no_page_breaks_because_of_what_a_mail_server_answered(said: str) -> None:
    began = time.monotonic()
    assert retold(said, "fr")
    assert time.monotonic() - began < 10


def test_a_moment_in_arabic_has_an_arabic_comma() -> None:
    assert dated("Friday 24 May 2024, 10:00 (CEST)", "ar") == "الجمعة 24 مايو 2024، 10:00 (CEST)"


def test_what_halted_an_issue_is_said_whole_in_every_language() -> None:
    said = "The mail server main refuses Newsroom itself: 535 no (at log-in; check user and password)."
    halted = f"None of the mail servers can be used.\n{said}\nNobody's address was marked."
    assert retold(halted, "fr").splitlines() == [
        "Aucun des serveurs de courrier ne peut être utilisé.",
        "Le serveur de courrier main refuse Newsroom même\u00a0: 535 no (à la connexion\u202f; vérifiez l’utilisateur et le mot de passe).",
        "Aucune adresse n’a été marquée.",
    ]
    assert "(al iniciar sesión; compruebe el usuario y la contraseña)" in retold(halted, "es")
