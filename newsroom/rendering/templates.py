"""The two template environments: one that escapes, for HTML, and one that does not, for text. Only files are ever templates."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).parent.parent / "templates"


@lru_cache(maxsize=1)
def html_environment() -> Environment:
    # Forced on: Jinja's own choice by file name does not know .mjml.
    return _environment(autoescape=True)


@lru_cache(maxsize=1)
def text_environment() -> Environment:
    return _environment(autoescape=False)


def _environment(*, autoescape: bool) -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=autoescape,  # noqa: S701 - text is not HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def write_block(environment: Environment, name: str, block: str, values: dict[str, Any]) -> str:
    """One block of a template file."""
    template = environment.get_template(name)
    return "".join(template.blocks[block](template.new_context(values)))


def section_template(kind: str) -> str:
    return f"sections/{kind}.mjml.j2"
