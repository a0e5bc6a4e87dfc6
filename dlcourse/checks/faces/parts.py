"""What the exercises of notebook 13 share: their topic."""

from __future__ import annotations

from dlcourse.checking.exercise import Topic

topic = Topic("faces")
