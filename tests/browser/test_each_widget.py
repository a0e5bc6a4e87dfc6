"""Each widget of the course in a real browser: a control moved once, the picture changed, readable in both themes."""

from __future__ import annotations

import base64
import io
import re
from html import unescape

import nbformat
import numpy as np
import pytest
import widget_notebooks
from lab_page import TRIES
from nbconvert import HTMLExporter
from PIL import Image
from playwright.sync_api import expect

from dlcourse.widgets.explorer import UNAVAILABLE

THEMES = ["JupyterLab Light", "JupyterLab Dark"]


@pytest.mark.parametrize("widget", widget_notebooks.WIDGETS, ids=str)
def test_a_control_changes_picture_and_caption_and_all_can_be_read(page, widget):
    notebook = widget_notebooks.write(widget, page.folder)
    page.open(notebook)
    page.run_all()
    assert page.complaints() == []
    cell = page.cell(f"{widget.call}(")
    picture, caption = cell.locator("img").last, cell.locator(".jp-RenderedMarkdown").last
    count = cell.locator("img").count()
    before, said = pixels(picture.get_attribute("src")), page.read(caption)
    shown_without_controls(page.save(notebook), said, count)

    move(page, cell, widget)
    expect(caption).not_to_have_text(said)
    page.wait_until_idle()
    expect(cell.locator("img")).to_have_count(count)
    after = pixels(picture.get_attribute("src"))
    assert before.shape == after.shape and np.any(before != after)

    for theme in THEMES:
        page.choose_theme(theme)
        found = page.contrasts(".jp-OutputArea-output .jupyter-widgets, .jp-RenderedMarkdown.jp-OutputArea-output")
        assert {widget.control, page.read(caption)} <= {text for _, text in found}
        assert [(round(contrast, 2), text) for contrast, text in found if contrast < 4.5] == []
        if widget.choice:
            assert arrow_contrast(page, cell.locator("select").first) > 60, theme
    assert page.complaints() == []
    page.shut_down()


def move(page, cell, widget):
    """What a person's hand does with the widget's control, at the keyboard where it is a slider."""
    label = cell.locator(".widget-label", has_text=re.compile(f"^{re.escape(widget.control)}$"))
    control = label.locator("..")
    if widget.choice:
        control.locator("select").select_option(widget.choice)
    else:
        readout = control.locator(".widget-readout")
        shown = readout.inner_text()
        for _ in range(TRIES):  # a key that comes while JupyterLab moves the focus, or asks something, is lost
            page.overwrite_if_asked()
            control.get_by_role("slider").press(widget.key)
            page.tab.wait_for_timeout(1000)
            if readout.inner_text() != shown:
                return
        raise AssertionError(f"The slider {widget.control} cannot be moved.")


def arrow_contrast(page, dropdown):
    """How far the grey values differ in its arrow's place, at the right end and inside of its border.

    In the first pictures after another theme was chosen, JupyterLab may still be between the two.
    """
    for _ in range(TRIES):
        page.overwrite_if_asked()
        shown = np.asarray(Image.open(io.BytesIO(dropdown.screenshot())).convert("L"), int)
        height = len(shown)
        contrast = np.ptp(shown[height // 4 : -(height // 4), -20:-4])
        if contrast > 60:
            break
        page.tab.wait_for_timeout(1000)
    return contrast


def pixels(source):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))).convert("RGBA"))


def shown_without_controls(notebook, caption, count):
    """A saved notebook on GitHub or as a page of nbconvert: the first picture, its caption, and why nothing moves."""
    assert "widgets" not in notebook["metadata"]
    cell = notebook["cells"][-1]
    html = HTMLExporter().from_notebook_node(nbformat.from_dict({**notebook, "cells": [cell]}))[0]
    body = re.sub("<script.*?</script>|<style.*?</style>", "", html, flags=re.DOTALL)
    pictures = re.findall('<img[^>]* src="(data:image/png;base64,[^"]+)"', body)
    assert len(pictures) == count and pixels(pictures[-1]).std() > 0
    words = re.sub(r"\s+", " ", unescape(re.sub("<[^>]*>", " ", body)))
    assert re.sub(r"\s+", " ", caption) in words
    assert UNAVAILABLE in words
