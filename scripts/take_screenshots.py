"""The pictures of docs/, taken in JupyterLab as `dlcourse lab` starts it: python scripts/take_screenshots.py [NAME...]

Without names all of them are taken, which takes some minutes: the networks of the widgets are trained.
"""

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageChops

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "browser")]  # their own words for what a person does
COLOURS = 128
MARGIN = 12  # pixels
LARGEST = 120_000  # bytes: a README with a dozen of them should open at once
VIEW = {"width": 1280, "height": 1000}
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"


def main() -> None:
    import browsing
    from lab_page import LabPage
    from widget_notebooks import WIDGETS

    wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory() as home, browsing.chromium() as browser:
        folder = Path(home) / "my-course"
        with browsing.lab(folder, Path(home) / "settings") as address:
            page = LabPage(browser.new_page(viewport=VIEW), address, folder)
            page.tab.set_default_timeout(90_000)
            if not wanted or "panels" in wanted:
                take_panels(page)
            if not wanted or "start-page" in wanted:
                take_start_page(page)
            for widget in WIDGETS:
                if not wanted or name_of(widget) in wanted:
                    take_widget(page, widget)


def take_panels(page) -> None:
    """A wrong answer and the right one, in notebook 01."""
    from test_first_hour import NOTEBOOK, RIGHT, WITHOUT_A_BIAS

    page.open(NOTEBOOK)
    page.run_all()
    for name, source, theme in [
        ("failing-panel", WITHOUT_A_BIAS, LIGHT),
        ("failing-panel-dark", WITHOUT_A_BIAS, DARK),
        ("passing-panel", RIGHT, LIGHT),
    ]:
        page.choose_theme(theme)
        exercise = page.cell("def conv_forward(A_prev, W, b, hparameters):")
        page.write(exercise, source)
        page.run(exercise)
        page.run(page.cell("check(conv_forward, points="))
        keep(page.cell("check(conv_forward, points=").locator(".jp-OutputArea").first.screenshot(), name)
    page.save(NOTEBOOK)
    page.shut_down()


def take_start_page(page) -> None:
    """The page as it opens, down to its map."""
    page.tab.set_viewport_size({**VIEW, "height": 2200})
    page.open("00_start.ipynb")
    page.run(page.cell("import course_map, doctor"))
    page.run(page.cell("course_map.show()"))
    page.tab.locator(".jp-Notebook h1").first.scroll_into_view_if_needed()
    whole = page.tab.locator(".jp-NotebookPanel-notebook:visible").bounding_box()
    table = page.tab.locator(".dlcourse-map").bounding_box()
    top = whole["y"] + 2  # below the line of the toolbar
    clip = {**whole, "y": top, "height": table["y"] + table["height"] - top}
    keep(page.tab.screenshot(clip=clip), "start-page")
    page.shut_down()
    page.tab.set_viewport_size(VIEW)


def take_widget(page, widget) -> None:
    """A widget after a move of one of its controls."""
    import widget_notebooks
    from test_each_widget import move

    page.open(widget_notebooks.write(widget, page.folder, quick=False))
    page.run_all(patience=600)
    cell = page.cell(f"{widget.call}(")
    if widget.key != "End" and not widget.choice:  # these two moves change more than a picture needs
        move(page, cell, widget)
    page.tab.wait_for_timeout(1000)
    page.wait_until_idle()
    page.tab.mouse.move(5, 5)
    outputs = cell.locator(".jp-OutputArea-child").all()[-3:]  # controls, picture, caption
    for output in reversed(outputs):
        output.scroll_into_view_if_needed()
    boxes = [output.bounding_box() for output in outputs]
    clip = {
        "x": boxes[0]["x"],
        "y": boxes[0]["y"],
        "width": boxes[0]["width"],
        "height": boxes[-1]["y"] + boxes[-1]["height"] - boxes[0]["y"],
    }
    keep(page.tab.screenshot(clip=clip), name_of(widget))
    page.shut_down()


def name_of(widget) -> str:
    return f"widget-{widget.notebook.replace('_', '-')}"


def keep(screenshot: bytes, name: str) -> None:
    """A picture for docs/, in few colours, which makes a small file."""
    image = trimmed(Image.open(io.BytesIO(screenshot)).convert("RGB"))
    path = ROOT / "docs" / f"{name}.png"
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.relative_to(ROOT)}: {image.width} x {image.height}, {size:,} bytes", flush=True)
    if size > LARGEST:
        raise SystemExit(f"{path.name} has more than {LARGEST:,} bytes; make it smaller.")


def trimmed(image: Image.Image) -> Image.Image:
    """Without the empty space around what is there, but for a margin."""
    empty = Image.new("RGB", image.size, image.getpixel((image.width - 1, image.height // 2)))
    left, top, right, bottom = ImageChops.difference(image, empty).getbbox()
    made = Image.new("RGB", (right - left + 2 * MARGIN, bottom - top + 2 * MARGIN), empty.getpixel((0, 0)))
    made.paste(image.crop((left, top, right, bottom)), (MARGIN, MARGIN))
    return made


if __name__ == "__main__":
    main()
