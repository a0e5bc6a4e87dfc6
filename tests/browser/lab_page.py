"""What a person does in JupyterLab, in words: open a notebook, run it, write in a cell, read what is under it."""

import contextlib
import re
import time

import nbformat

PATIENCE = 60_000  # milliseconds: a machine that does other work takes its time

PASTE = """(editor, text) => {
    const data = new DataTransfer();
    data.setData('text/plain', text);
    editor.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
}"""

# Every text in the elements of a selector, with the contrast of its colour on the colour that lies behind it.
CONTRASTS = """selector => {
    const parts = colour => colour.match(/[\\d.]+/g).map(Number);
    const over = (top, below) => {
        const [r, g, b, a = 1] = top;
        return [r, g, b].map((part, i) => part * a + below[i] * (1 - a));
    };
    const behind = element => {
        const layers = [];
        for (let e = element; e; e = e.parentElement) layers.unshift(parts(getComputedStyle(e).backgroundColor));
        return layers.reduce((below, top) => over(top, below), [255, 255, 255]);
    };
    const light = colour => {
        const [r, g, b] = colour.map(part => part / 255)
            .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const found = [];
    for (const root of document.querySelectorAll(selector)) {
        const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const element = walker.currentNode.parentElement;
            if (!walker.currentNode.textContent.trim() || element.tagName === 'STYLE') continue;
            const ground = behind(element);
            const text = over(parts(getComputedStyle(element).color), ground);
            const [dark, bright] = [light(text), light(ground)].sort((a, b) => a - b);
            found.push([(bright + 0.05) / (dark + 0.05), walker.currentNode.textContent.trim()]);
        }
    }
    return found;
}"""


# What an element says once it is drawn, or null: JupyterLab leaves cells undrawn while they are out of view, and the
# drawing of others on the way moves the one that was scrolled to out of it again.
DRAWN_TEXT = """element => {
    const drawn = element.checkVisibility({contentVisibilityAuto: true}) && element.innerText.trim();
    if (!drawn) element.scrollIntoView({block: 'center'});
    return drawn || null;
}"""


# Counts what happens to a cell's prompt from now on: it becomes [*], then a number, also where the number is the same.
WATCH_PROMPT = """cell => {
    const prompt = cell.querySelector('.jp-InputPrompt');
    prompt.dataset.changes = 0;
    const changes = {childList: true, characterData: true, subtree: true};
    new MutationObserver(() => prompt.dataset.changes++).observe(prompt, changes);
}"""

TRIES = 5  # a person who sees that nothing happened does it again


class LabPage:
    """One page of JupyterLab.

    `address` is the one with the token that `dlcourse lab` prints; `folder` is the course's folder.
    """

    def __init__(self, tab, address, folder):
        self.tab, self.address, self.folder = tab, address, folder
        tab.set_default_timeout(PATIENCE)

    def open(self, notebook):
        """Open a notebook by its path in the course, with a kernel that is ready."""
        base, _, rest = self.address.partition("/lab")
        self.tab.goto(f"{base}/lab/tree/{notebook}?{rest.partition('?')[2]}&reset")
        self.wait_until_ready()

    def wait_until_ready(self):
        """Until there is a notebook with a kernel that answers."""
        self.tab.wait_for_selector(".jp-Notebook:visible .jp-Cell")
        # Whoever runs a cell before the kernel has its name is asked to choose one.
        self.tab.locator(".jp-Toolbar-kernelName:visible", has_text="Python 3").first.wait_for()
        # The notebook's own mark says idle before there is a kernel at all.
        self.tab.locator(".jp-StatusBar-TextItem", has_text=re.compile(r"\| Idle$")).wait_for()
        self.wait_until_idle()

    def overwrite_if_asked(self):
        """JupyterLab takes its own autosave for somebody else's, where a save meets it in the same moment."""
        if self.tab.locator(".jp-Dialog", has_text="has changed on disk").count():
            self.tab.locator(".jp-Dialog button", has_text="Overwrite").click()

    def dialogue(self, patience=120):
        """The text of the dialogue that comes, which is then closed by its last button."""
        content = self.tab.locator(".jp-Dialog-content")
        end = time.monotonic() + patience
        while time.monotonic() < end:
            self.overwrite_if_asked()
            if content.count() and "has changed on disk" not in (said := content.first.inner_text()):
                content.first.locator("button").last.click()
                content.first.wait_for(state="detached")
                return said
            self.tab.wait_for_timeout(100)
        raise AssertionError(f"No dialogue came within {patience} seconds.")

    def menu(self, name, entry):
        self.overwrite_if_asked()
        self.tab.locator(".lm-MenuBar-item", has_text=name).first.click()
        self.tab.locator(".lm-Menu-item", has_text=entry).first.click()

    def run_all(self, patience=180):
        self.menu("Run", "Run All Cells")
        self.tab.wait_for_timeout(500)
        self.wait_until_idle(patience)

    def wait_until_idle(self, patience=120):
        """Until nothing is running or waiting to run."""
        end, quiet = time.monotonic() + patience, 0
        while time.monotonic() < end:
            self.overwrite_if_asked()
            busy = self.tab.locator('.jp-Notebook-ExecutionIndicator[data-status="busy"]').count()
            waiting = self.tab.evaluate(
                "[...document.querySelectorAll('.jp-InputPrompt')].filter(p => p.textContent.includes('*')).length"
            )
            idle = self.tab.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').count()
            quiet = quiet + 1 if idle and not busy and not waiting else 0
            if quiet >= 3:
                return
            self.tab.wait_for_timeout(150)
        raise AssertionError(f"The kernel was still busy after {patience} seconds.")

    def cell(self, text):
        """The code cell that holds `text`."""
        cells = self.tab.locator(".jp-CodeCell", has=self.tab.locator(".jp-InputArea-editor", has_text=text))
        cells.first.scroll_into_view_if_needed()
        return cells.first

    def write(self, cell, source):
        """Replace what is in a cell."""
        self.focus(cell)
        editor = cell.locator(".cm-content").first.element_handle()  # it stays the same one while its text goes
        self.tab.keyboard.press("Control+a")
        self.tab.keyboard.press("Delete")
        editor.evaluate(PASTE, source)

    def focus(self, cell):
        """Click into a cell's editor: while JupyterLab draws what is above, a click may meet the cell below."""
        for _ in range(TRIES):
            self.overwrite_if_asked()
            cell.locator(".cm-content").first.click()
            if cell.evaluate("cell => cell.contains(document.activeElement)"):
                return
            self.tab.wait_for_timeout(500)
        raise AssertionError(f"{cell} could not be clicked into.")

    def run(self, cell, patience=60):
        """Shift-Enter in a cell; the seconds until its output had come."""
        start = self.press_run(cell)
        self.wait_until_idle(patience)
        return time.perf_counter() - start

    def press_run(self, cell):
        """Shift-Enter in a cell, which has begun to run then; the time of the press.

        A key that comes while JupyterLab moves the focus, or opens a dialogue, is lost.
        """
        for _ in range(TRIES):
            self.overwrite_if_asked()
            self.focus(cell)
            cell.evaluate(WATCH_PROMPT)
            start = time.perf_counter()
            self.tab.keyboard.press("Shift+Enter")
            for _ in range(60):
                self.tab.wait_for_timeout(50)
                if cell.locator(".jp-InputPrompt").first.get_attribute("data-changes") != "0":
                    return start
        raise AssertionError(f"{cell} did not run.")

    def read(self, element, patience=PATIENCE / 1000):
        """The text of an element, brought into view."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if said := element.evaluate(DRAWN_TEXT):
                return said
            self.tab.wait_for_timeout(50)
        raise AssertionError(f"{element} showed no text within {patience} seconds.")

    def panel(self, exercise):
        """The text of the panel under an exercise's check."""
        return self.read(self.cell(f"check({exercise}, points=").locator(".dlcourse-panel").first)

    def choose_theme(self, name):
        """JupyterLab Light or JupyterLab Dark."""
        self.menu("Settings", "Theme")
        self.tab.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{name}$")).click()
        self.tab.locator(f'body[data-jp-theme-name="{name}"]').wait_for(state="attached")

    def contrasts(self, selector):
        """[contrast, text] of each text in the elements that a selector finds."""
        return self.tab.evaluate(CONTRASTS, selector)

    def save(self, notebook):
        """Save it; what is in the file then."""
        path = self.folder / notebook
        before = path.stat().st_mtime_ns
        self.menu("File", "Save Notebook")
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if path.stat().st_mtime_ns != before:
                with contextlib.suppress(nbformat.reader.NotJSONError):  # it is still being written
                    return nbformat.read(path, as_version=4)
            self.overwrite_if_asked()
            self.tab.wait_for_timeout(100)
        raise AssertionError(f"{notebook} was not saved within 30 seconds.")

    def restart_and_run_all(self, notebook, patience=180):
        """Restart the kernel and run all cells, until none is left to run, or one has complained; the saved notebook.

        A cell out of view isn't drawn, so only the file tells whether all have run.
        """
        end = time.monotonic() + patience
        self.menu("Kernel", "Restart Kernel and Run All Cells")
        self.tab.locator(".jp-Dialog button", has_text="Restart").click()
        while time.monotonic() < end:
            self.tab.wait_for_timeout(1000)
            self.wait_until_idle(end - time.monotonic())
            saved = self.save(notebook)
            if self.complaints() or all(cell.get("execution_count", 1) for cell in saved["cells"]):
                return saved
        raise AssertionError(f"Not all cells of {notebook} had run after {patience} seconds.")

    def complaints(self):
        """The tracebacks on the page, and what else went to the standard error stream: JupyterLab shows both alike."""
        return self.tab.locator('[data-mime-type="application/vnd.jupyter.stderr"]').all_text_contents()

    def shut_down(self):
        """End the kernel: the next notebook wants its memory."""
        self.tab.wait_for_timeout(300)
        self.menu("Kernel", "Shut Down Kernel")
        self.tab.locator(".jp-Toolbar-kernelName:visible", has_text="No Kernel").first.wait_for()
