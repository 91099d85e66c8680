"""The compose file: valid by the specification, and each of its commands starts, is ready, and ends well outside Docker."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest
import yaml

from newsroom.settings import Settings, load_settings
from tests.processes import answer, newsroom, running
from tests.services import PostgreSQL, free_port

ROOT = Path(__file__).parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "newsroom"}


def test_the_compose_file_is_valid_by_the_specification() -> None:
    schema = json.loads((ROOT / "tests" / "schemas" / "compose-spec.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(COMPOSE)


def test_a_mistake_in_the_compose_file_would_be_found() -> None:
    schema = json.loads((ROOT / "tests" / "schemas" / "compose-spec.json").read_text())
    broken = {**COMPOSE, "services": {**SERVICES, "worker": {**SERVICES["worker"], "comand": ["newsroom"]}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(broken)


def test_the_compose_file_has_every_role_and_its_stores() -> None:
    assert set(SERVICES) == {"postgres", "redis", "migrate", "admin", "public", "worker", "tick", "mail"}


def test_a_service_waits_for_services_that_exist_and_can_be_waited_for() -> None:
    for name, service in SERVICES.items():
        for other, condition in service.get("depends_on", {}).items():
            assert condition["condition"] != "service_healthy" or "healthcheck" in SERVICES[other], f"{name} waits for {other} in vain"


def test_a_worker_can_be_scaled() -> None:
    assert "container_name" not in SERVICES["worker"]
    assert "ports" not in SERVICES["worker"]


@pytest.mark.parametrize("name", OURS)
def test_the_environment_of_a_service_is_made_of_real_settings(name: str) -> None:
    assert {variable.removeprefix("NEWSROOM_").lower() for variable in OURS[name]["environment"]} <= set(Settings.model_fields)


def test_every_variable_the_compose_file_asks_for_stands_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    example = (ROOT / ".env.example").read_text()
    assert [name for name in sorted(asked) if f"{name}=" not in example] == []


@pytest.fixture
def production(postgresql: PostgreSQL, redis_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Mapping[str, object]]:
    """What the compose file's environment says, with this test run's own stores, schema still missing."""
    name = "compose_" + "".join(char for char in request.node.name if char.isalnum()).lower()[-20:]
    url = postgresql.create(name)
    yield {
        "database_url": url, "redis_url": redis_url, "data_dir": tmp_path / "data", "transport_url": "smtp://127.0.0.1:1",
        "public_url": "https://news.example.org",
    }  # fmt: skip
    postgresql.drop(name)


def _arguments(service: str, port: int) -> list[str]:
    """The service's own command, on a port of this machine."""
    program, *arguments = OURS[service]["command"]
    assert program == "newsroom"
    return [{"0.0.0.0": "127.0.0.1", "8000": str(port)}.get(word, word) for word in arguments]  # noqa: S104


def _rows(url: str, query: str) -> list[Any] | None:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute(query).fetchall() or None


@pytest.mark.postgresql
@pytest.mark.redis
def test_the_migrate_service_brings_the_schema_and_may_run_again(production: Mapping[str, object]) -> None:
    for _ in range(2):
        done = newsroom(*_arguments("migrate", 0), settings=production)
        assert (done.returncode, done.stderr) == (0, "")
    assert _rows(str(production["database_url"]), "SELECT version_num FROM alembic_version")


@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.parametrize("service", ["admin", "public"])
def test_a_site_is_ready_and_ends_well(service: str, production: Mapping[str, object], tmp_path: Path) -> None:
    newsroom("db", "upgrade", settings=production)
    port = free_port()
    path = OURS[service]["healthcheck"]["test"][-1].split("8000")[1].split("'")[0]
    with running(*_arguments(service, port), settings=production, log=tmp_path / "log") as role:
        status, body = role.wait_for(lambda: answer(f"http://127.0.0.1:{port}{path}"))
        assert status == 200, body
        assert role.stop() == 0, role.said


def _healthy(service: str, settings: Mapping[str, object]) -> bool:
    """What the service's own health check says."""
    program, *arguments = OURS[service]["healthcheck"]["test"][1:]
    assert program == "newsroom"
    return newsroom(*arguments, settings=settings).returncode == 0


@pytest.mark.postgresql
@pytest.mark.redis
def test_a_worker_opens_its_session_and_ends_it(production: Mapping[str, object], tmp_path: Path) -> None:
    newsroom("db", "upgrade", settings=production)
    url = str(production["database_url"])
    with running(*_arguments("worker", 0), settings=production, log=tmp_path / "log") as role:
        role.wait_for(lambda: _rows(url, "SELECT token FROM worker_sessions WHERE ended_at IS NULL AND alive_until > now()"))
        assert _healthy("worker", production)
        assert role.stop() == 0, role.said
    assert not _healthy("worker", production)
    assert _rows(url, "SELECT token FROM worker_sessions WHERE ended_at IS NULL") is None


@pytest.mark.postgresql
@pytest.mark.redis
def test_the_clock_runs_and_ends_well(production: Mapping[str, object], tmp_path: Path) -> None:
    newsroom("db", "upgrade", settings=production)
    with running(*_arguments("tick", 0), settings=production, log=tmp_path / "log") as role:
        role.wait_for_words("The clock is running.")
        role.wait_for(lambda: _healthy("tick", production) or None)
        assert role.stop() == 0, role.said


def test_the_settings_of_the_compose_file_are_accepted(production_environment: Mapping[str, str]) -> None:
    assert [relay.label for relay in load_settings(production_environment).relays] == ["mail:1025"]


def test_a_transport_that_is_set_to_nothing_leaves_the_mail_servers_to_the_admin() -> None:
    assert load_settings(_environment(NEWSROOM_TRANSPORT_URL="")).relays == ()


@pytest.fixture
def production_environment() -> dict[str, str]:
    """The environment of the compose file with its defaults filled in."""
    return _environment()


def _environment(**more: str) -> dict[str, str]:
    given = {"POSTGRES_PASSWORD": "a secret", "NEWSROOM_PUBLIC_URL": "https://news.example.org", **more}
    return {name: _filled(str(value), given) for name, value in OURS["worker"]["environment"].items()}


def _filled(text: str, given: Mapping[str, str]) -> str:
    while "${" in text:
        before, _, rest = text.partition("${")
        inside, _, after = rest.partition("}")
        name, operator, default = re.fullmatch(r"(\w+)(:?[-?])(.*)", inside).groups()  # type: ignore[union-attr]
        found = given.get(name)
        text = before + (default if found is None or (not found and operator == ":-") else found) + after
    return text


@pytest.mark.parametrize("name", OURS)
def test_no_setting_in_the_env_file_stays_outside_the_containers(name: str) -> None:
    """Compose hands on only what it names: an alert address in .env would be ignored without a word."""
    handed_on = {variable.removeprefix("NEWSROOM_").lower() for variable in OURS[name]["environment"]}
    assert set(Settings.model_fields) - handed_on == set()
