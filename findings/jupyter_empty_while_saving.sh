#!/usr/bin/env bash
# Guess: jupyter_server's atomic_writing writes a temporary file and renames it, so that a reader sees the old notebook or
# the new one.
# So: it copies the old file to ".~name", opens the file itself for writing, which empties it, and removes the copy at the
# end. Whoever reads in between (a grader, a hand-in, a backup) reads an empty notebook.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "jupyter-server==2.17.0"
cd "$work" && "$work/venv/bin/python" - <<'PY'
import os
from importlib.metadata import version
from pathlib import Path

from jupyter_server.services.contents.fileio import atomic_writing

path = Path("work.ipynb")
path.write_text('{"cells": []}')
inode = path.stat().st_ino
with atomic_writing(str(path)) as file:
    during, beside = path.read_text(), sorted(os.listdir("."))
    file.write('{"cells": [1]}')
print("jupyter_server", version("jupyter_server"))
print("read while it is being saved:", repr(during), " files beside it:", [name for name in beside if name != "venv"])
print("same inode afterwards:", path.stat().st_ino == inode)
assert during == "" and path.read_text() == '{"cells": [1]}' and path.stat().st_ino == inode
PY
