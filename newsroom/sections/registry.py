"""Every family of sections, imported once, so that Section.kinds is complete."""

from newsroom.sections import news, reading, workshop
from newsroom.sections.base import Section, new_uid, parse_section, stored

__all__ = ["Section", "new_uid", "news", "parse_section", "reading", "stored", "workshop"]
