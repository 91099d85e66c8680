"""The house rules of the code, read from its syntax tree: what may import what, and how long anything may be."""

import ast
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("newsroom", "subscribers", "admin")
LONGEST_FUNCTION, LONGEST_FILE = 40, 400
GROUND = {
    "settings", "clock", "errors", "db", "lifecycle", "files", "keys", "tokens", "addresses", "localized", "slugs", "house", "hosts",
    "relay_urls", "one_time", "schema", "schema_version", "search_index", "settling_in",
}  # fmt: skip

# What may be named where: a module, and the beginnings of the modules that may import it.
PLACES = {
    "flask": ("admin", "subscribers.web", "newsroom.bench.pages", "newsroom.bench.page_paths"),
    "flask_limiter": ("admin", "subscribers.web"),
    "flask_wtf": ("admin", "subscribers.web"),
    "werkzeug": ("admin", "subscribers.web", "newsroom.bench.pages", "newsroom.bench.page_paths"),
    "waitress": ("admin",),
    "dramatiq": ("newsroom.sendqueue",),
    "redis": ("newsroom.sendqueue",),
    "mjml": ("newsroom.rendering.compiling",),
    "premailer": ("newsroom.rendering.compiling",),
    "socket": ("newsroom.sendqueue.transports", "newsroom.outbound", "newsroom.bench"),
    "ssl": ("newsroom.sendqueue.transports", "newsroom.outbound"),
    "asyncio": ("newsroom.sendqueue", "newsroom.bench.slow_sink"),
    "selectors": ("newsroom.sendqueue.transports",),
    "smtplib": (),
    "urllib.request": (),
    "http.client": ("newsroom.outbound",),
    "requests": (),
    "httpx": (),
    "urllib3": (),
    "aiohttp": (),
    "alembic": ("newsroom.schema", "newsroom.migrations"),
    "click": ("newsroom.cli",),
}
# The one rule that the table cannot say: the process that sends carries no template engine, no languages, no migrations.
NOT_IN_THE_SENDER = {"jinja2", "mjml", "premailer", "babel", "alembic", "flask", "PIL", "nh3", "markdown_it", "yaml"}


@dataclass(frozen=True)
class Module:
    name: str
    path: Path

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"))

    @property
    def where(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @cached_property
    def imports(self) -> list[tuple[int, str]]:
        """Every module this one names, with its line; `from a import b` names a.b where that is a module of ours, else a."""
        return [found for node in ast.walk(self.tree) for found in _imported(node)]

    @cached_property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _modules() -> dict[str, Module]:
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "node_modules" in path.parts:
                continue
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = Module(name, path)
    return found


def _imported(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Import):
        yield from ((node.lineno, alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        for alias in node.names:
            full = f"{base}.{alias.name}"
            yield node.lineno, full if full in NAMES else base


NAMES = frozenset(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
)
MODULES = _modules()
LONG_LIVED = [module for name, module in MODULES.items() if not name.startswith("newsroom.migrations.versions")]


def _level(name: str) -> int:
    """DESIGN's levels: 0 the ground, 1 the core, 2 people, 3 the queue, 4 the edges."""
    words = name.split(".")
    if words[0] == "admin" or (words[0] == "newsroom" and words[1:2] in (["bench"], ["cli"], ["demo"], ["__main__"])):
        return 4
    if words[:2] == ["newsroom", "sendqueue"]:
        return 3
    if words[0] == "subscribers":
        return 2
    return 0 if len(words) == 1 or words[1] in GROUND or words[1] == "migrations" else 1


def _fail_with(problems: list[str]) -> None:
    if problems:
        pytest.fail("\n".join(["", *problems]), pytrace=False)


def test_imports_go_downwards_only() -> None:
    _fail_with(
        [
            f"{module.where}:{line}: level {_level(module.name)} imports {target} of level {_level(target)}; "
            "move the code up, or hand the value in as an argument"
            for module in MODULES.values()
            for line, target in module.imports
            if target in MODULES and _level(target) > _level(module.name)
        ]
    )


@pytest.mark.parametrize("library", PLACES)
def test_a_library_appears_only_in_its_place(library: str) -> None:
    allowed = PLACES[library]
    _fail_with(
        [
            f"{module.where}:{line}: imports {library}, which belongs to {', '.join(allowed) or 'no module at all'}"
            for module in MODULES.values()
            for line, target in module.imports
            if f"{target}.".startswith(f"{library}.") and not f"{module.name}.".startswith(tuple(f"{place}." for place in allowed))
        ]
    )


def test_only_settings_reads_the_environment() -> None:
    _fail_with(
        [
            f"{module.where}:{node.lineno}: reads os.{node.attr}; add a field to newsroom.settings.Settings and take it as an argument"
            for module in MODULES.values()
            if module.name != "newsroom.settings"
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "putenv")
        ]
    )


def test_no_import_hides_inside_a_function_or_behind_type_checking() -> None:
    problems = []
    for module in LONG_LIVED:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import | ast.ImportFrom) and node not in module.tree.body:
                problems.append(f"{module.where}:{node.lineno}: imports below the top of the file; import at the top, or break the circle")
            if isinstance(node, ast.Name) and node.id == "TYPE_CHECKING":
                problems.append(f"{module.where}:{node.lineno}: TYPE_CHECKING hides a circle; move the shared type to a module of its own")
    _fail_with(problems)


def test_a_package_imports_nothing_by_itself() -> None:
    _fail_with(
        [
            f"{module.where}:{line}: an __init__.py imports {target}; let readers import from the module that keeps the promise"
            for module in MODULES.values()
            if module.is_package
            for line, target in module.imports
        ]
    )


def test_no_modules_import_each_other_in_a_circle() -> None:
    wanted = {name: sorted({target for _, target in module.imports if target in MODULES}) for name, module in MODULES.items()}
    _fail_with([f"circle: {' -> '.join(circle)}; move what they share to a module below both" for circle in _circles(wanted)])


def _circles(wanted: dict[str, list[str]]) -> Iterator[list[str]]:
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> Iterator[list[str]]:
        if name in path:
            yield [*path[path.index(name) :], name]
        elif name not in done:
            for target in wanted[name]:
                yield from walk(target, [*path, name])
            done.add(name)

    for name in wanted:
        yield from walk(name, [])


def test_the_sender_process_carries_no_rendering() -> None:
    """Read from the imports, not from a running process: what `newsroom worker` pulls in, module by module."""
    seen: dict[str, str] = {"newsroom.cli.main": "", "newsroom.cli.workers": ""}
    queue, problems = list(seen), []
    while queue:
        module = MODULES[queue.pop()]
        for line, target in module.imports:
            if target.split(".")[0] in NOT_IN_THE_SENDER:
                problems.append(f"{module.where}:{line}: imports {target} into the sender process ({_road(seen, module.name)})")
            if target in MODULES and target not in seen:
                seen[target] = module.name
                queue.append(target)
    _fail_with(problems)


def _road(seen: dict[str, str], name: str) -> str:
    road = [name]
    while seen[road[0]]:
        road.insert(0, seen[road[0]])
    return " -> ".join(road)


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body; the signature and the docstring are free, for they explain."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return function.end_lineno - body[0].lineno + 1 if body and function.end_lineno else 1


def test_no_function_is_longer_than_forty_lines() -> None:
    _fail_with(
        [
            f"{module.where}:{function.lineno}: {function.name} has {_length(function)} lines, {LONGEST_FUNCTION} are allowed; "
            "make its steps functions with names"
            for module in LONG_LIVED
            for function in module.functions
            if _length(function) > LONGEST_FUNCTION
        ]
    )


def test_functions_are_short_on_the_whole() -> None:
    lengths = sorted(_length(function) for module in LONG_LIVED for function in module.functions)
    assert statistics.median(lengths) <= 6, "half of all functions have at most six lines"
    ninth = lengths[int(len(lengths) * 0.9)]
    assert ninth < 20, f"nine of ten functions stay under 20 lines; the ninth tenth begins at {ninth}"


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    _fail_with(
        [
            f"{module.where}:1: {lines} lines, {LONGEST_FILE} are allowed; one file does one job"
            for module in LONG_LIVED
            if (lines := len(module.path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
        ]
    )


def test_every_module_begins_with_its_promise() -> None:
    _fail_with(
        [
            f"{module.where}:1: has no docstring; say in one sentence what this module promises"
            for module in MODULES.values()
            if not module.is_package and ast.get_docstring(module.tree) is None
        ]
    )


def test_domain_functions_never_commit() -> None:
    """Edges commit, the middle never does."""
    edges = (
        "newsroom.db",
        "newsroom.cli",
        "newsroom.demo",
        "newsroom.bench",
        "newsroom.sendqueue",
        "newsroom.schema",
        "subscribers.importing",
        "subscribers.spool",
        "admin",
        "subscribers.web",
    )
    _fail_with(
        [
            f"{module.where}:{node.lineno}: {node.attr}() in the middle; take a session and let the edge open the transaction"
            for module in MODULES.values()
            if not f"{module.name}.".startswith(tuple(f"{edge}." for edge in edges))
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Attribute) and node.attr in ("commit", "transaction")
        ]
    )


#: What only newsroom.section_writing and the rows behind it change: attributes of a section, and of an issue's own words.
WRITTEN_THERE = {"content", "front_version", "preview_text"}
WRITERS = ("newsroom.section_writing", "newsroom.section_rows", "newsroom.section_versions", "newsroom.fronts")
#: Fills a scratch installation for a benchmark, in bulk; nobody writes there.
FURNISHERS = ("newsroom.bench.page_issues",)


def test_only_one_module_changes_what_stands_in_an_issue() -> None:
    """Whatever else wrote a section would lose versions, conflicts and the states of translations."""
    _fail_with(
        [
            f"{module.where}:{node.lineno}: {what}; go through newsroom.section_writing"
            for module in MODULES.values()
            if module.name not in (*WRITERS, *FURNISHERS)
            for node in ast.walk(module.tree)
            if (what := _writes_a_section(node))
        ]
    )


def _writes_a_section(node: ast.AST) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("IssueSection", "SectionVersion"):
        return f"makes a row of {node.func.id}"
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else []
    names = {
        each.attr for target in targets for each in ast.walk(target) if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store)
    }
    found = sorted(names & WRITTEN_THERE)
    return f"sets {', '.join(found)}" if found else ""
