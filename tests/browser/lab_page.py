"""What a person does in JupyterLab, in words: open a notebook, run it, write in a cell, read what is under it."""

import time

PASTE = """(editor, text) => {
    const data = new DataTransfer();
    data.setData('text/plain', text);
    editor.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
}"""


class LabPage:
    """One page of JupyterLab.

    `address` is the one with the token that `dlcourse lab` prints; `folder` is the course's folder.
    """

    def __init__(self, tab, address, folder):
        self.tab, self.address, self.folder = tab, address, folder

    def open(self, notebook):
        """Open a notebook by its path in the course, with a kernel that is ready."""
        base, token = self.address.split("/lab?")
        self.tab.goto(f"{base}/lab/tree/{notebook}?{token}&reset")
        self.tab.wait_for_selector(".jp-Notebook .jp-Cell")
        self.wait_until_idle()

    def menu(self, name, entry):
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
        editor = cell.locator(".cm-content").first.element_handle()  # it stays the same one while its text goes
        editor.click()
        self.tab.keyboard.press("Control+a")
        self.tab.keyboard.press("Delete")
        editor.evaluate(PASTE, source)

    def run(self, cell, patience=60):
        """Shift-Enter in a cell; the seconds until its output had come."""
        cell.locator(".cm-content").first.click()
        start = time.perf_counter()
        self.tab.keyboard.press("Shift+Enter")
        self.tab.wait_for_timeout(50)
        self.wait_until_idle(patience)
        return time.perf_counter() - start

    def panel(self, exercise):
        """The text of the panel under an exercise's check."""
        cell = self.cell(f"check({exercise}, points=")
        panel = cell.locator(".dlcourse-panel").first
        panel.wait_for()
        return panel.inner_text()
