"""`make site` in a real browser: every page is there, asks nobody for anything, and shows no solution.

Two notebooks are run for their figures, the others are shown without: running all of them takes minutes.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from classroom import ROOT

from autograder.building.notebooks import Built, build
from autograder.building.site import making, running
from autograder.building.source import place

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")

RUN = ("01_convolution", "17_recurrent")
TELLING = 15  # characters without spaces: a shorter line of a solution may stand anywhere
WAIT_FOR_FORMULAS = "() => MathJax.startup.promise"
IMAGES = """() => [...document.querySelectorAll("img")].filter((image) => image.getClientRects().length)
  .map((image) => ({alt: image.alt, width: image.naturalWidth, src: image.src}))"""


@pytest.fixture(scope="module")
def built() -> list[Built]:
    return build(ROOT)


@pytest.fixture(scope="module")
def site(built: list[Built], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its pages."""

    def two(every: list[Built]) -> dict[str, running.Outputs]:
        return running.shown_by(ROOT, [notebook for notebook in every if notebook.name in RUN])

    return making.make(ROOT, two, tmp_path_factory.mktemp("site")).parent


def pages(site: Path) -> list[Path]:
    return sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)


def test_no_page_is_missing_and_every_link_leads_somewhere(site, built):
    there = {path.relative_to(site).as_posix() for path in pages(site)}
    assert there >= {place(notebook.name).with_suffix(".html").as_posix() for notebook in built}
    assert there >= {f"reference/{notebook.name.partition('_')[2]}.html" for notebook in built}
    assert there >= {"index.html", "search.html", "teachers.html", "jupyterhub.html", "reference/checks.html"}
    front = (site / "index.html").read_text(encoding="utf-8")
    for notebook in built:  # the map
        assert re.search(rf'<td><p><a [^>]*href="{place(notebook.name).with_suffix(".html")}"', front), notebook.name
    seen = set()
    for page in pages(site):
        for target in re.findall(r'(?:href|src)="([^"#?]+)', page.read_text(encoding="utf-8")):
            if not re.match(r"\w+:|//", target):
                seen.add(target)
                assert (page.parent / unquote(html.unescape(target))).exists(), f"{page.name}: {target}"
            else:  # words of the text may lead elsewhere, but nothing that a browser fetches by itself
                assert f'<a class="reference external" href="{target}' in page.read_text(encoding="utf-8"), target
    assert len(seen) > 100
    assert list(site.glob("_downloads/*/jupyterhub_config.py"))


def test_the_reference_has_every_public_function_of_a_topic(site):
    import dlcourse.convolution as topic

    text = (site / "reference" / "convolution.html").read_text(encoding="utf-8")
    ours = [name for name, one in vars(topic).items() if getattr(one, "__module__", "") == topic.__name__]
    public = [name for name in ours if not name.startswith("_")]
    assert len(public) >= 7
    assert all(f'id="dlcourse.convolution.{name}"' in text for name in public)
    words = words_of(site / "reference" / "convolution.html")
    assert "width of the border, in pixels; at least 0." in words and "Float[ndarray" in words


def without_spaces(text: str) -> str:
    return re.sub(r"\s+", "", text)


def words_of(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    return html.unescape(re.sub(r"<[^>]+>", "", text) if page.suffix == ".html" else text)


def test_no_line_of_a_solution_is_in_it(site, built):
    given = without_spaces(
        "".join("".join(cell["source"]) for one in built for cell in json.loads(one.released)["cells"])
    )
    given += without_spaces((ROOT / "README.md").read_text(encoding="utf-8"))
    files = [path for path in site.rglob("*") if path.suffix in (".html", ".ipynb", ".js", ".txt", ".inv")]
    files = [path for path in files if "_static" not in path.parts]
    assert len([path for path in files if path.suffix == ".ipynb"]) == len(built)
    shown = without_spaces("\n".join(words_of(path) for path in files if path.suffix != ".inv"))
    for notebook in built:
        telling = []
        for cell in json.loads(notebook.expanded)["cells"]:
            for region in re.findall(r"BEGIN SOLUTION\n(.*?)### END SOLUTION", "".join(cell["source"]), re.DOTALL):
                lines = map(without_spaces, region.splitlines())
                telling += [line for line in lines if len(line) >= TELLING and line not in given]
        assert telling or notebook.name == "00_start", notebook.name
        assert [line for line in telling if line in shown] == [], notebook.name
    words = words_of(site / "01_convolution" / "01_convolution.html")
    assert re.search(r"def zero_pad\(X, pad\):.{0,300}?raise NotImplementedError", words, re.DOTALL)


def test_every_page_opens_without_asking_anybody(chromium, site, built):
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme="dark")
    tab = context.new_page()
    asked, failed, complaints = set(), [], []
    tab.on("request", lambda request: asked.add(request.url))
    tab.on("requestfailed", lambda request: failed.append(request.url))
    tab.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    pictures = 0
    others = ("index.html", "teachers.html", "jupyterhub.html", "genindex.html", "reference/convolution.html")
    for name in (*others, *(place(notebook.name).with_suffix(".html").as_posix() for notebook in built)):
        tab.goto((site / name).as_uri())
        tab.evaluate(WAIT_FOR_FORMULAS) if tab.locator(".math").count() else None
        assert tab.locator("mjx-merror, .MathJax_Error").count() == 0, name
        tab.locator("footer").first.scroll_into_view_if_needed()
        tab.wait_for_function("() => [...document.images].every((image) => image.complete || !image.offsetParent)")
        images = tab.evaluate(IMAGES)
        pictures += len(images)
        assert [image for image in images if len(image["alt"]) < 15 or not image["width"]] == [], name
    assert pictures > 30
    assert tab.locator("mjx-container svg").count() > 0  # the last notebook has formulas, and they are drawn
    assert [url for url in asked if not url.startswith(site.as_uri())] == [] and len(asked) > 50
    assert failed == []
    assert [text for text in complaints if "theme mode" not in text] == []
    context.close()


def test_search_the_dark_theme_and_a_widget_s_picture(chromium, site):
    tab = chromium.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    complaints = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(f"{(site / 'search.html').as_uri()}?q=gradients")
    tab.locator("#search-results li a").first.wait_for()
    assert "17_recurrent" in " ".join(a.get_attribute("href") for a in tab.locator("#search-results li a").all())
    tab.goto((site / RUN[0] / f"{RUN[0]}.html").as_uri())
    tip = tab.locator(".admonition.tip", has_text="dlcourse lab")
    assert tip.count() == 1
    assert tip.locator("xpath=preceding::img[1]").get_attribute("alt")
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = tab.evaluate(background)
    tab.locator(".theme-switch-button:visible").first.click()
    tab.locator('.theme-change-button[data-mode="dark"]:visible').first.click()
    tab.locator('html[data-theme="dark"]').wait_for()
    dark = tab.evaluate(background)
    assert sum(map(int, re.findall(r"\d+", light)[:3])) > 700 and sum(map(int, re.findall(r"\d+", dark)[:3])) < 120
    assert tab.evaluate("() => getComputedStyle(document.querySelector('img.dark-light')).filter") == "none"
    assert complaints == []
    tab.close()
