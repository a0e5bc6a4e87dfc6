"""The class report in a real browser, light and dark: nothing is asked of anybody, and what is written can be read."""

import json

import pytest
from browsing import chromium
from class_results import earned, master, result, write_class

from autograder.results.class_numbers import numbers_of
from autograder.results.class_report import report_page

CONTRASTS = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const linear = (v) => v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4;
  const light = (c) => { const [r, g, b] = c.map(linear);
                         return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
                          if (!/, 0\\)$|transparent/.test(c)) return c; } return "rgb(255, 255, 255)"; };
  return [...document.querySelectorAll("h1, h2, h3, p, td, th, li, .stack i, .labels span, .count, .quiet")]
    .filter((e) => e.innerText.trim() && e.getClientRects().length)
    .map((e) => { const [a, b] = [light(rgb(getComputedStyle(e).color)), light(rgb(behind(e)))].sort((x, y) => y - x);
                  return [(a + 0.05) / (b + 0.05), e.className + e.tagName + " " + e.innerText.slice(0, 40)]; })
    .filter(([contrast]) => contrast < 4.5);
}"""


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    of = master()
    shares = [1, 0.5, 0, None, 1, 1]
    results = []
    for number in range(40):
        judged = earned(of, **{name: shares[(number + place) % 6] for place, name in enumerate(of.points)})
        judged[0]["mistake"] = "Rows and columns are exchanged." if judged[0]["status"] == "failed" else ""
        judged[1]["status"] = "died" if judged[1]["status"] == "not attempted" else judged[1]["status"]
        results.append(
            result(of, f"learner{number}", "graded", judged, submitted=f"2026-11-{20 + number % 5} 10:00:00")
        )
    folder = write_class(tmp_path_factory.mktemp("report"), of, results)
    table = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    (folder / "report.html").write_text(report_page([numbers_of(table)]), encoding="utf-8")
    return folder / "report.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_read_in_light_and_dark_and_asks_for_nothing(page_file, scheme):
    with chromium() as browser:
        page = browser.new_page(color_scheme=scheme, viewport={"width": 1100, "height": 900})
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto(page_file.as_uri())
        assert asked == [page_file.as_uri()] and said == []
        assert page.evaluate(CONTRASTS) == []
        # Without colour: the five outcomes differ in more than that.
        looks = page.eval_on_selector_all(
            ".legend .key", "keys => keys.map(k => getComputedStyle(k).backgroundImage.split('(')[0])"
        )
        assert looks == ["none", "repeating-linear-gradient", "radial-gradient", "none", "none"]
        widths = page.eval_on_selector_all(
            ".stack", "bars => bars.map(b => [...b.children].reduce((w, c) => w + c.getBoundingClientRect().width, 0)"
            " / b.clientWidth)",
        )  # fmt: skip
        assert len(widths) == 9 - 1 and all(abs(width - 1) < 0.02 for width in widths)
        high = page.eval_on_selector_all(".column .bar", "bars => Math.max(...bars.map(b => b.clientHeight))")
        assert high > 80
        page.set_viewport_size({"width": 400, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        page.close()
