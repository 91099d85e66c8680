"""Where a setting of PostgreSQL was made, and so where it is taken back: a role's or a database's own outdoes the server's."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

#: By what pg_settings names as the source: whose setting to reset.
OWNERS = {
    "user": "ROLE {role}", "database": "DATABASE {database}", "database user": "ROLE {role} IN DATABASE {database}", "global": "ROLE ALL",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ServerSetting:
    """What every session begins with, whatever this one has set for itself."""

    name: str
    value: str
    source: str
    role: str
    database: str

    def how_to_set(self, value: str, *, first: str = "") -> str:
        """The next step, as a sentence; `first` is a statement without which a role or a database cannot be altered."""
        if (owner := OWNERS.get(self.source)) is not None:
            statement = f"{first}ALTER {owner.format(role=self.role, database=self.database)} RESET {self.name};"
            return f"Run `{statement}`, then restart every role of Newsroom: a connection keeps what it began with."
        if self.source == "client":
            return f"Take {self.name} out of the options in NEWSROOM_DATABASE_URL (or PGOPTIONS), then restart every role of Newsroom."
        statements = f"ALTER SYSTEM SET {self.name} = {value}; SELECT pg_reload_conf();"
        return f"Run `{statements}` as its superuser; look for it in its start command too."


def read_setting(connection: Connection, name: str) -> ServerSetting:
    found = connection.execute(_SETTING, {"name": name}).one()
    return ServerSetting(name=name, value=found.reset_val, source=found.source, role=found.role, database=found.database)


_SETTING = text(
    "SELECT reset_val, source, quote_ident(session_user) AS role, quote_ident(current_database()) AS database "
    "FROM pg_settings WHERE name = :name"
)
