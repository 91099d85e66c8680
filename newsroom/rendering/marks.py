"""The tokens of one compiled letter: which slots and spans there are, and how each is written."""

from newsroom.errors import CompileError
from newsroom.rendering.compiled import SlotField, SlotSpec, SpanSpec, slot_token, span_end, span_start


class Marks:
    """Hands out tokens. The same slot asked for twice is the same token; both parts of a letter share the numbering."""

    def __init__(self, nonce: str) -> None:
        self.nonce = nonce
        self._slots: dict[SlotSpec, int] = {}
        self._spans: dict[object, tuple[int, SpanSpec]] = {}

    def slot(self, field: SlotField, fallback: str = "") -> str:
        spec = SlotSpec(field=field, fallback=fallback)
        return slot_token(self.nonce, self._slots.setdefault(spec, len(self._slots)))

    def span(self, key: object, spec: SpanSpec) -> int:
        """The number of the span called `key`: the first part that asks opens it, the second finds it."""
        number, _ = self._spans.setdefault(key, (len(self._spans), spec))
        return number

    def start(self, number: int) -> str:
        return span_start(self.nonce, number)

    def end(self, number: int) -> str:
        return span_end(self.nonce, number)

    @property
    def slots(self) -> tuple[SlotSpec, ...]:
        return tuple(self._slots)

    @property
    def spans(self) -> tuple[SpanSpec, ...]:
        return tuple(spec for _, spec in self._spans.values())

    def refuse_in(self, text: str, *, section: int | None, language: str) -> None:
        """CompileError where staff text looks like one of this letter's own tokens."""
        if f"NR{self.nonce}" in text:
            raise CompileError(
                "a text here looks like one of Newsroom's own marks; change it a little.", section=section, language=language
            )
