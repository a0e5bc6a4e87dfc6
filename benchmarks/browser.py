"""What a learner waits for in JupyterLab: the course to open, and a panel after Shift-Enter.

python benchmarks/browser.py [--rounds 5]
"""

import argparse
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "browser")]  # their own words for what a person does

NOTEBOOK = "01_convolution/01_convolution.ipynb"
# A slip for each exercise: what the solution says, and what somebody in a hurry writes.
SLIPS = {
    "zero_pad": ("(pad, pad), (pad, pad), (0, 0)", "(pad, pad), (0, 0), (0, 0)"),
    "conv_output_size": ("2 * pad", "pad"),
    "same_padding": ("before, total - before", "total - before, before"),
    "conv_single_step": (" + b.item()", ""),
    "conv_forward": ("w * stride\n", "w\n"),
    "conv_parameters": (" + 1", ""),
    "conv_backward": ("dW[:, :, :, c] +=", "dW[:, :, :, c] ="),
    "spot_the_mistake": ('"both"', '"rows"'),
}
# From the key to the first frame with a panel that was not there before, in the page's own clock.
WATCH = """cell => {
    for (const panel of cell.querySelectorAll('.dlcourse-panel')) panel.dataset.old = 'yes';
    window.waited = new Promise(found => {
        let pressed;
        document.addEventListener('keydown', event => {
            if (event.key === 'Enter') pressed = event.timeStamp;
        }, {capture: true});
        const look = () => {
            if (pressed === undefined || !cell.querySelector('.dlcourse-panel:not([data-old])')) return;
            watcher.disconnect();
            requestAnimationFrame(() => found(performance.now() - pressed));
        };
        const watcher = new MutationObserver(look);
        watcher.observe(cell, {childList: true, subtree: true});
    });
}"""


def main() -> None:
    import browsing
    from classroom import Assignment
    from lab_page import LabPage

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    solutions = Assignment("01_convolution").solutions
    with tempfile.TemporaryDirectory() as home, browsing.chromium() as browser:
        folder = Path(home) / "my-course"
        with browsing.lab(folder, Path(home) / "settings"):  # lays the course out
            pass
        opened = []
        for _ in range(rounds):
            start = time.perf_counter()
            with browsing.lab(folder, Path(home) / "settings") as address:
                answered = time.perf_counter() - start
                tab = browser.new_page(viewport={"width": 1280, "height": 1600})
                tab.goto(address)
                tab.locator(".jp-StatusBar-TextItem", has_text=re.compile(r"Python 3.*\| Idle$")).wait_for()
                opened.append((answered, time.perf_counter() - start))
                tab.close()
        print(f"seconds from `dlcourse lab` to a usable notebook, median of {rounds}:")
        print(f"    the address is printed   {statistics.median(first for first, _ in opened):6.1f}")
        print(f"    the kernel is idle       {statistics.median(last for _, last in opened):6.1f}")

        with browsing.lab(folder, Path(home) / "settings") as address:
            page = LabPage(browser.new_page(viewport={"width": 1280, "height": 1600}), address, folder)
            page.open(NOTEBOOK)
            page.run(page.cell("from dlcourse.checks.convolution import check"))
            print(f"milliseconds from Shift-Enter on a check to its panel, median of {rounds}:")
            print(f"    {'':18} {'wrong':>6} {'right':>6}")
            every = []
            for name, source in solutions.items():
                slip = source.replace(*SLIPS[name])
                assert slip != source, f"the slip for {name} changes nothing"
                wrong, right = (panel_times(page, name, answer, rounds) for answer in (slip, source))
                every += wrong + right
                print(f"    {name:18} {statistics.median(wrong):6.0f} {statistics.median(right):6.0f}", flush=True)
            print(f"    {'all':18} {statistics.median(every):13.0f}")


def panel_times(page, name: str, source: str, rounds: int) -> list[float]:
    """Milliseconds from the key to the panel, after one check that is not counted."""
    exercise = page.cell(f"def {name}(")
    page.write(exercise, source)
    page.run(exercise)
    times = []
    for _ in range(rounds + 1):
        check = page.cell(f"check({name}, points=")
        check.locator(".cm-content").first.click()
        check.evaluate(WATCH)
        page.tab.keyboard.press("Shift+Enter")
        times.append(page.tab.evaluate("window.waited"))
        page.wait_until_idle()
    return times[1:]


if __name__ == "__main__":
    main()
