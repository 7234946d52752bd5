"""The site's settings; `bash docs/build.sh build/docs` builds it. Sphinx alone leaves out what
needs npm: Play, and the run buttons of the course."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from scalargrad import __version__  # noqa: E402

project = "scalargrad"
author = "The scalargrad authors"
copyright = author
release = __version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
    "sphinx_design",
    "sphinx_copybutton",
    "extension",
]
exclude_patterns = ["_build", "pictures", "**/node_modules"]
nitpicky = True
default_role = "code"

myst_enable_extensions = ["colon_fence", "dollarmath", "deflist", "attrs_inline"]
myst_heading_anchors = 3
html_math_renderer = "mathml"

autodoc_typehints = "none"
autodoc_member_order = "bysource"
add_module_names = False
toc_object_entries = False

html_theme = "furo"
html_title = "scalargrad"
html_static_path = ["_static"]
html_favicon = "_static/icon.svg"
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#1f6fb0", "color-brand-content": "#1f6fb0"},
    "dark_css_variables": {"color-brand-primary": "#6cb2f0", "color-brand-content": "#6cb2f0"},
}
pygments_style = "default"
pygments_dark_style = "github-dark"

doctest_test_doctest_blocks = ""
doctest_global_setup = """
from importlib.util import find_spec
import matplotlib
matplotlib.use("agg")
no_jax = find_spec("jax") is None
no_dask = find_spec("distributed") is None
no_sklearn = find_spec("sklearn") is None
from scalargrad.compiler.machine.runner import NATIVE as machine_in_c
"""
copybutton_exclude = ".linenos, .gp, .go"
