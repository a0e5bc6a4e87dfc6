#!/usr/bin/env bash
# Guess: `import nbformat` takes a few tenths of a second, and packages that merely lie beside it in the environment don't
# change that: jsonschema's format checks are optional, and off until somebody asks for a FormatChecker.
# So: jsonschema imports every format package that it finds. JupyterLab's server (through jupyter-events) always brings
# jsonschema[format-nongpl], and with it rfc3987-syntax, which compiles a grammar with Lark each time that it is imported.
# Every command that imports nbformat pays for it, before it has read anything.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "nbformat==5.10.4" "jsonschema[format-nongpl]==4.26.0" "rfc3987-syntax==1.1.0" "lark==1.3.1"
"$work/venv/bin/python" - <<'PY'
import statistics, subprocess, sys, time
from importlib.metadata import version


def seconds(code):
    """Processor time of a new Python that runs this, the median of five."""
    found = []
    for _ in range(5):
        measure = f"import time\n{code}\nprint(time.process_time())"
        found.append(float(subprocess.run([sys.executable, "-c", measure], capture_output=True, text=True, check=True).stdout))
    return statistics.median(found)


with_it = seconds("import nbformat")
without = seconds("import sys; sys.modules['rfc3987_syntax'] = None; import nbformat")
alone = seconds("import rfc3987_syntax")
print("nbformat", version("nbformat"), "jsonschema", version("jsonschema"), "rfc3987-syntax", version("rfc3987-syntax"))
print(f"import nbformat {with_it:.2f} s of processor time, without rfc3987-syntax {without:.2f} s, rfc3987-syntax alone {alone:.2f} s")
assert with_it > 2 * without, "it no longer costs more than everything else together"
PY
