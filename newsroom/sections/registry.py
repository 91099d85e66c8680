"""Every module beside this one, imported, so that Section.kinds is complete: a new kind needs no line here."""

import importlib
import pkgutil

from newsroom import sections
from newsroom.sections.base import Section, new_uid, parse_section, stored

__all__ = ["Section", "new_uid", "parse_section", "stored"]

for _module in pkgutil.iter_modules(sections.__path__, f"{sections.__name__}."):
    importlib.import_module(_module.name)
