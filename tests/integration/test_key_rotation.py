"""Rotating the key ring by hand, as docs/operations.md tells it."""

import subprocess
import sys
from pathlib import Path

from newsroom.keys import open_key_ring
from newsroom.public_links import PersonOnList, PublicLinks
from tests.processes import ROOT


def test_after_the_rotation_of_the_manual_old_links_still_work_and_new_ones_are_signed_anew(tmp_path: Path) -> None:
    manual = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    recipe = manual.partition("```python\n")[2].partition("```")[0]
    before = open_key_ring(tmp_path / "data")
    link = PublicLinks(before, "").unsubscribe(7, 3)

    subprocess.run([sys.executable, "-c", recipe], cwd=tmp_path, check=True, timeout=30)

    after = open_key_ring(tmp_path / "data")
    assert after.newest.id != before.newest.id
    assert after.lasting("suppression") == before.lasting("suppression")
    assert PublicLinks(after, "").read_unsubscribe(link.rpartition("/")[2]) == PersonOnList(subscriber_id=7, list_id=3)
