"""What `nianbao check` says of the seed, the one real document that we carry: neither more nor less."""

from __future__ import annotations

import json
from pathlib import Path

from app.services.document_reading import Document, read_document

ROOT = Path(__file__).parent.parent.parent
SEED = ROOT / "app" / "services" / "demo_township_2021.txt"
GOLDEN = ROOT / "tests" / "domain" / "prose" / "seed_findings.json"


def test_the_seed_has_these_findings() -> None:
    found = read_document(Document(SEED.name, SEED.read_bytes())).findings
    expected = [tuple(each) for each in json.loads(GOLDEN.read_text())]
    assert sorted((each.rule.id, each.code, each.outcome.value) for each in found) == sorted(expected)


def test_the_seed_is_told_what_its_prose_lacks() -> None:
    found = read_document(Document(SEED.name, SEED.read_bytes())).findings
    told = {(each.rule.id, each.code): each.message for each in found}
    assert ("R16", "assessment") in told
    assert ("R16", "review") in told
    assert ("R16", "accountability") not in told
    assert "“全市”" in told["R30", "level.overview"]
    assert "“条”" in told["R36", "unit.overview"]
