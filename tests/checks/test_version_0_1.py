"""No exercise, named mistake or hint of version 0.1 was lost when the checks moved into rooms."""

import json
from pathlib import Path

import pytest

from dlcourse import checks

BEFORE = json.loads(Path(__file__).with_name("exercises_of_version_0_1.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("topic", BEFORE)
def test_exercises_mistakes_and_hints_are_still_there(topic):
    now = checks.topic(topic).exercises
    assert set(BEFORE[topic]) <= set(now)
    for name, before in BEFORE[topic].items():
        missing = set(before["mistakes"]) - {mistake.key for mistake in now[name].mistakes}
        assert not missing, name
        assert len(now[name].hints) >= len(before["hints"])
