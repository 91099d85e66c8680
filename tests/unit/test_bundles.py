"""What a browser has to fetch before somebody can write: bounded, where the front end is built."""

import gzip
import json

import pytest

from admin.assets import DIST

LARGEST = {"admin.js": (150_000, 50_000), "composer.js": (480 * 1024, 150 * 1024)}


@pytest.mark.parametrize("name", LARGEST)
def test_a_script_is_small_enough_for_a_slow_line(name: str) -> None:
    manifest = DIST / "manifest.json"
    if not manifest.exists():
        pytest.skip("the front end is not built here")
    script = (DIST / json.loads(manifest.read_text("utf-8"))[name]).read_bytes()
    raw, packed = LARGEST[name]
    assert len(script) <= raw
    assert len(gzip.compress(script)) <= packed
