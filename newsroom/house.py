"""What every process of an installation shares: its settings, its database, its keys."""

from dataclasses import dataclass
from pathlib import Path

from newsroom.db import Database
from newsroom.keys import KeyRing, open_key_ring
from newsroom.settings import Settings


@dataclass(frozen=True)
class House:
    settings: Settings
    database: Database
    keys: KeyRing

    @property
    def media_dir(self) -> Path:
        return self.settings.data_dir / "media"

    @property
    def outbox_dir(self) -> Path:
        return self.settings.data_dir / "outbox"


def open_house(settings: Settings) -> House:
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = open_key_ring(settings.data_dir, settings.secret_key.get_secret_value())
    return House(settings=settings, database=Database(settings.database), keys=keys)
