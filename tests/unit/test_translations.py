"""A translation is stale exactly when the text it was made from has changed, wherever either stands."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from newsroom.translations import FRONT, Sources, confirmed, sources_after, states_of, tallies_in, tally_of, words_of


def update(*items: Any, title: Any = None) -> dict[str, Any]:
    return {"title": title or {"en": "News", "fr": "Nouvelles"}, "items": list(items)}


def item(en: str, fr: str = "") -> dict[str, Any]:
    return {"text": {"en": en, "fr": fr} if fr else en}


def states(content: dict[str, Any], sources: Sources | None, language: str = "fr") -> dict[Any, str]:
    found = states_of("update", content, sources, original="en", language=language)
    return {state.path: state.state for state in found}


def after(sources: Sources | None, before: dict[str, Any], content: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    return sources_after(sources, "update", before, content, original="en")


FIRST = ("items", 0, "text")
SECOND = ("items", 1, "text")
TWO = update(item("<p>One</p>", "<p>Un</p>"), item("<p>Two</p>", "<p>Deux</p>"))


def test_what_was_never_tracked_is_done_where_it_is_written_and_missing_where_it_is_not() -> None:
    found = states(update(item("<p>One</p>", "<p>Un</p>"), item("<p>Two</p>")), None)
    assert found == {("title",): "done", FIRST: "done", SECOND: "missing"}


def test_a_changed_original_makes_its_translation_stale_and_tells_what_it_was() -> None:
    changed = update(item("<p>One more</p>", "<p>Un</p>"), item("<p>Two</p>", "<p>Deux</p>"))
    sources = after(None, TWO, changed)
    assert states(changed, sources) == {("title",): "done", FIRST: "stale", SECOND: "done"}
    stale = next(s for s in states_of("update", changed, sources, original="en", language="fr") if s.state == "stale")
    assert (stale.was, stale.original, stale.text) == ("<p>One</p>", "<p>One more</p>", "<p>Un</p>")


def test_reordering_makes_nothing_stale() -> None:
    turned = update(*reversed(TWO["items"]))
    assert set(states(turned, after(None, TWO, turned)).values()) == {"done"}


def test_a_stale_text_stays_stale_when_it_is_moved() -> None:
    changed = update(item("<p>One more</p>", "<p>Un</p>"), item("<p>Two</p>", "<p>Deux</p>"))
    sources = after(None, TWO, changed)
    turned = update(*reversed(changed["items"]))
    assert states(turned, after(sources, changed, turned)) == {("title",): "done", FIRST: "done", SECOND: "stale"}


def test_a_translation_written_anew_is_done_and_stale_with_the_next_change() -> None:
    changed = update(item("<p>One more</p>", "<p>Un</p>"))
    redone = update(item("<p>One more</p>", "<p>Un de plus</p>"))
    sources = after(after(None, update(item("<p>One</p>", "<p>Un</p>")), changed), changed, redone)
    assert states(redone, sources)[FIRST] == "done"
    again = update(item("<p>One less</p>", "<p>Un de plus</p>"))
    assert states(again, after(sources, redone, again))[FIRST] == "stale"


def test_an_original_changed_back_makes_its_translation_good_again() -> None:
    changed = update(item("<p>One more</p>", "<p>Un</p>"), item("<p>Two</p>", "<p>Deux</p>"))
    assert set(states(TWO, after(after(None, TWO, changed), changed, TWO)).values()) == {"done"}


def test_an_original_emptied_and_written_again_does_not_make_its_translation_look_done() -> None:
    """Autosave may catch the moment when everything is deleted."""
    before = update(item("<p>One</p>", "<p>Un</p>"))
    empty = update({"text": {"en": "", "fr": "<p>Un</p>"}})
    rewritten = update(item("<p>Quite another</p>", "<p>Un</p>"))
    sources = after(None, before, empty)
    assert states(empty, sources)[FIRST] == "stale"
    assert states(rewritten, after(sources, empty, rewritten))[FIRST] == "stale"


def test_a_stale_text_removed_and_brought_back_is_still_stale() -> None:
    stale = update(item("<p>One more</p>", "<p>Un</p>"))
    sources = after(None, update(item("<p>One</p>", "<p>Un</p>")), stale)
    removed = update()
    back = after(after(sources, stale, removed), removed, stale)
    assert states(stale, back)[FIRST] == "stale"


def test_one_translation_may_serve_two_originals() -> None:
    one = update(item("<p>More info</p>", "<p>Plus d'infos</p>"))
    two = update(*one["items"], item("<p>More information</p>", "<p>Plus d'infos</p>"))
    sources = after(after(None, one, one), one, two)
    assert set(states(two, sources).values()) == {"done"}
    changed = update(*one["items"], item("<p>Register now</p>", "<p>Plus d'infos</p>"))
    sources = after(sources, two, changed)
    assert states(changed, sources)[FIRST] == "done"
    stale = next(s for s in states_of("update", changed, sources, original="en", language="fr") if s.state == "stale")
    assert stale.path == SECOND


def test_still_right_makes_it_done_until_the_next_change() -> None:
    stale = update(item("<p>One more</p>", "<p>Un</p>"))
    sources = after(None, update(item("<p>One</p>", "<p>Un</p>")), stale)
    said = confirmed(sources, "update", stale, FIRST, "fr", original="en")
    assert states(stale, said)[FIRST] == "done"
    again = update(item("<p>One or two more</p>", "<p>Un</p>"))
    assert states(again, after(said, stale, again))[FIRST] == "stale"


def test_there_is_nothing_to_confirm_where_nothing_is_written() -> None:
    assert confirmed(None, "update", update(item("<p>One</p>")), FIRST, "fr", original="en") is None
    assert confirmed(None, "update", TWO, ("items", 7, "text"), "fr", original="en") is None


def test_a_text_begun_in_another_language_is_missing_in_the_rest_and_not_stale_once_the_original_follows() -> None:
    begun = update({"text": {"fr": "<p>Un</p>"}})
    found = next(s for s in states_of("update", begun, None, original="en", language="es") if s.path == FIRST)
    assert (found.state, found.original, found.original_language) == ("missing", "<p>Un</p>", "fr")
    assert states(begun, None, "en")[FIRST] == "missing"
    sources = after(None, update(), begun)
    followed = update(item("<p>One</p>", "<p>Un</p>"))
    assert states(followed, after(sources, begun, followed))[FIRST] == "done"


def test_names_and_links_count_only_where_a_language_has_its_own() -> None:
    content = {"title": "News", "links": [{"label": "Watch", "url": "https://example.org/en"}]}
    assert ("links", 0, "url") not in states(content, None)
    own = {"title": "News", "links": [{"label": "Watch", "url": {"en": "https://example.org/en", "fr": "https://example.org/fr"}}]}
    assert states(own, None)["links", 0, "url"] == "done"
    moved = {"title": "News", "links": [{"label": "Watch", "url": {"en": "https://example.org/new", "fr": "https://example.org/fr"}}]}
    assert states(moved, after(None, own, moved))["links", 0, "url"] == "stale"


def test_the_issues_own_words_have_states_too() -> None:
    front = {"subject": {"en": "Summer", "ar": "الصيف"}, "preview_text": "News"}
    found = states_of(FRONT, front, None, original="en", language="ar")
    assert [(state.path, state.state) for state in found] == [(("subject",), "done"), (("preview_text",), "missing")]
    assert tally_of(found).open == 1


def test_unfinished_content_has_states_too() -> None:
    odd: dict[str, Any] = {"title": None, "items": [None, {"text": {"en": "<p>One</p>", "fr": None}}, "lost"], "nonsense": 3}
    assert states(odd, None) == {("items", 1, "text"): "missing"}


TEXTS = st.sampled_from(["", "<p>a</p>", "<p>b</p>", "<p>c</p>", "<p>d</p>"])
ITEMS = st.lists(st.tuples(TEXTS, TEXTS), max_size=4)


def _content(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    return update(*({"text": {"en": f"{en}", "fr": fr and f"{fr}fr"}} for en, fr in pairs))


@given(ITEMS, st.randoms())
def test_no_order_of_things_makes_anything_stale_that_was_not(pairs: list[tuple[str, str]], chance: Any) -> None:
    content = _content(pairs)
    turned = [*content["items"]]
    chance.shuffle(turned)
    sources = after(None, content, content)
    assert "stale" not in states(update(*turned), after(sources, content, update(*turned))).values()


@given(st.lists(TEXTS.filter(bool), min_size=2, max_size=5), st.integers(0, 4), TEXTS.filter(bool))
def test_a_text_is_stale_exactly_where_its_own_original_changed(originals: list[str], place: int, new: str) -> None:
    place %= len(originals)
    before = update(*(item(f"{text}{n}", f"{text}{n}fr") for n, text in enumerate(originals)))
    content = update(*before["items"])
    content["items"][place] = item(f"{new}{place}", f"{originals[place]}{place}fr")
    found = states(content, after(None, before, content))
    expected = {("items", place, "text")} if new != originals[place] else set()
    assert {path for path, state in found.items() if state == "stale"} == expected


def test_how_far_every_language_is_agrees_with_the_states_of_its_texts() -> None:
    content = update(
        item("<p>One more</p>", "<p>Un</p>"), item("<p>Two</p>"), {"text": {"es": "<p>Sola</p>"}, "link": {"fr": "https://a.org"}}
    )
    sources = after(None, TWO, content)
    told = tallies_in(words_of("update", content), sources, original="en", languages=["en", "fr", "es", "ar"])
    assert told == {each: tally_of(states_of("update", content, sources, original="en", language=each)) for each in told}
    assert (told["fr"].stale, told["es"].done, told["ar"].missing) == (1, 1, 4)
