"""All pages together: their sources in build/site/source, and what Sphinx makes of them in build/site/html."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from autograder.building.notebooks import Built, build
from autograder.building.site import running
from autograder.building.site.notebook_pages import write_page
from autograder.building.site.other_pages import in_rest, write_for_teachers, write_front, write_reference

SITE = Path("build", "site")
MATHJAX = Path("node_modules", "mathjax", "es5", "tex-svg-full.js")
HERE = Path(__file__).parent

SETTINGS = {
    "project": "dlcourse",
    "html_title": "dlcourse",
    "copyright": "the authors of dlcourse; text and figures CC BY 4.0, code MIT",
    "extensions": ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"],
    "html_theme": "sphinx_book_theme",
    "html_theme_options": {
        "use_download_button": False,  # it would give this page's source; the notebook is linked at its head
        "use_fullscreen_button": False,
        "use_source_button": False,
        "show_toc_level": 2,
        "navbar_persistent": [],  # the search field is in the sidebar
    },
    "html_copy_source": False,
    "html_show_sourcelink": False,
    "html_show_search_summary": False,  # it is fetched, which a page opened from a disk may not do
    "html_static_path": [str(HERE / "static")],
    "html_css_files": ["site.css"],
    "mathjax_path": "mathjax.js",
    "mathjax3_config": {"options": {"enableMenu": False}},  # some of its entries load more from elsewhere
    "nb_execution_mode": "off",
    "nb_merge_streams": True,
    "myst_enable_extensions": ["amsmath", "colon_fence", "dollarmath"],
    "myst_heading_anchors": 4,
    "napoleon_numpy_docstring": False,
    "napoleon_custom_sections": ["Input shape", "Output shape"],
    "autodoc_member_order": "bysource",
    "autodoc_typehints": "signature",
    "python_maximum_signature_line_length": 90,
    "suppress_warnings": ["mystnb.unknown_mime_type"],
}


class SiteError(Exception):
    """The site cannot be made: one sentence that says what to do."""


def make(
    course: Path,
    shown: Callable[[list[Built]], dict[str, running.Outputs]] | None = None,
    target: Path | None = None,
    said: Callable[[str], None] = lambda _: None,
) -> Path:
    """Make the site; gives its front page.

    Args:
        shown: what each notebook's cells show; by default the solutions run, where they have not since they changed.
        target: a folder for it, whose `source` and `html` are replaced; by default build/site.
        said: is told, in a line each, how far it is.

    Raises:
        SiteError: something is missing on this machine, or Sphinx complains of a page.
        NotShown, Unfit: a notebook does not run, or has a figure without a text.
    """
    target = target or course / SITE
    mathjax = course / MATHJAX
    if not mathjax.exists():
        raise SiteError("MathJax is not there: run `make site`, which has npm fetch it first.")
    built = build(course)
    outputs = running.shown_by(course, built, said) if shown is None else shown(built)
    sources, pages = target / "source", target / "html"
    for folder in (sources, pages):
        shutil.rmtree(folder, ignore_errors=True)
    sources.mkdir(parents=True)
    shutil.copytree(course / "docs", sources / "docs")
    for notebook in built:
        write_page(sources, notebook, outputs.get(notebook.name, {}))
    write_front(sources, course, built)
    write_for_teachers(sources, course)
    write_reference(sources, built)
    (sources / "_static").mkdir()
    shutil.copy(mathjax, sources / "_static" / "mathjax.js")
    said("Sphinx")
    _sphinx(sources, pages)
    return pages / "index.html"


def _sphinx(sources: Path, pages: Path) -> None:
    try:
        from sphinx.application import Sphinx
        from sphinx.util.console import nocolor
        from sphinx.util.docutils import docutils_namespace, patch_docutils
    except ImportError:
        raise SiteError("Sphinx is not there: pip install -e '.[site]' in this environment.") from None
    settings = {**SETTINGS, "exclude_patterns": ["docs", "downloads"]}
    settings["html_static_path"] = [str(sources / "_static"), *SETTINGS["html_static_path"]]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # the references import TensorFlow, which has much to say
    complaints = io.StringIO()
    nocolor()
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            sources,
            None,
            pages,
            pages.parent / "doctrees",
            "html",
            confoverrides=settings,
            status=None,
            warning=complaints,
            freshenv=True,
        )
        app.connect("autodoc-process-docstring", _ours, priority=100)  # before napoleon
        app.build()
    if complaints.getvalue().strip():
        raise SiteError("Sphinx complains:\n" + complaints.getvalue().strip())


def _ours(app, what, name, obj, options, lines: list[str]) -> None:
    lines[:] = list(in_rest(lines))
