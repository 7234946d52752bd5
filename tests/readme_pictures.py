"""The pictures that README and the notebooks show: `python -m tests.readme_pictures` draws them.

It needs Graphviz, and for the page Chromium, Playwright and Pillow.
"""

from __future__ import annotations

import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

import scalargrad as sg
from tests.browser import chromium, opened
from tests.neuron import NUMBERS, neuron

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
GRAPHS = {"graph": "light", "graph-dark": "dark"}
"""Pictures of the graph, and the theme of each: GitHub shows the one that fits the reader's."""
PAGES = {"explain": "light", "explain-dark": "dark"}
"""Pictures of the page, likewise."""
WINDOW = {"width": 1100, "height": 690}
STEP = 7
"""The step of the walk back that the page shows."""
COLOURS = 128
"""In the palette of a picture of the page: a third of the bytes, and nobody sees it."""


def graph(theme: str) -> Any:
    """The drawing of the neuron, with what flows back along its edges."""
    out = neuron(*(sg.Value(number, name) for name, number in NUMBERS.items()))
    out.backward()
    return sg.draw(out, edges="both", legend=True, theme=theme)


def page_picture(browser: Any, theme: str, step: int = STEP) -> bytes:
    """The page that explains the neuron, at a step of the walk back, as PNG."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "neuron.html"
        sg.explain(neuron, *NUMBERS.values()).save(path)
        look = {"viewport": WINDOW, "color_scheme": theme, "reduced_motion": "reduce"}
        with opened(browser, path, device_scale_factor=2, **look) as page:
            for _ in range(step):
                page.keyboard.press("ArrowRight")
            page.wait_for_timeout(300)
            shot: bytes = page.screenshot()
    return shot


def with_palette(png: bytes) -> bytes:
    from PIL import Image

    small = BytesIO()
    image = Image.open(BytesIO(png)).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(small, "png", optimize=True)
    return small.getvalue()


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, theme in GRAPHS.items():
        graph(theme).save(FOLDER / f"{name}.svg")
    with chromium() as browser:
        for name, theme in PAGES.items():
            (FOLDER / f"{name}.png").write_bytes(with_palette(page_picture(browser, theme)))
    print(*sorted(FOLDER.iterdir()), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
