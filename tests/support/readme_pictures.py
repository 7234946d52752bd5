"""The pictures that README and the notebooks show.

`python -m tests.support.readme_pictures` draws them. It needs Graphviz, and for the page
Chromium, Playwright and Pillow. Those stored were drawn with the fonts DejaVu and Liberation.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import scalargrad as sg
from tests.support.browser import chromium, opened, text
from tests.support.neuron import NUMBERS, neuron
from tests.support.places import DOCS

FOLDER = DOCS / "pictures"
GRAPHS = {"graph": "light", "graph-dark": "dark"}
"""Pictures of the graph, and the theme of each: GitHub shows the one that fits the reader's."""
PAGES = {"explain": "light", "explain-dark": "dark"}
"""Pictures of the page, likewise."""
WINDOW = {"width": 1100, "height": 690}
STEP = 7
"""The step of the walk back that the page shows."""
COLOURS = 128
"""In the palette of a picture of the page: a third of the bytes, and nobody sees it."""
MEASURED = ("#count", ".fraction >> nth=0", "#source code", "#graph .name >> nth=1")
"""Texts whose widths tell in which fonts the browser shows a page."""


def graph(theme: str) -> Any:
    """The drawing of the neuron, with what flows back along its edges."""
    out = neuron(*(sg.Value(number, name) for name, number in NUMBERS.items()))
    out.backward()
    return sg.draw(out, edges="both", legend=True, theme=theme)


@contextmanager
def page(browser: Any, theme: str, step: int = STEP) -> Iterator[Any]:
    """The page that explains the neuron, at a step of the walk back."""
    look = {"viewport": WINDOW, "color_scheme": theme, "reduced_motion": "reduce"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "neuron.html"
        sg.explain(neuron, *NUMBERS.values()).save(path)
        with opened(browser, path, f"#step={step}", device_scale_factor=2, **look) as found:
            found.wait_for_timeout(300)
            yield found


def described(page: Any) -> dict[str, str]:
    """What the page says, and in which fonts: stored inside the picture."""
    widths = (page.locator(element).bounding_box()["width"] for element in MEASURED)
    return {"Description": text(page, "body"), "Fonts": " ".join(f"{x:.1f}" for x in widths)}


def png(page: Any) -> bytes:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    image = Image.open(BytesIO(page.screenshot())).convert("RGB")
    info = PngInfo()
    for key, value in described(page).items():
        info.add_itxt(key, value)
    file = BytesIO()
    few = image.quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(file, "png", optimize=True, pnginfo=info)
    return file.getvalue()


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, theme in GRAPHS.items():
        graph(theme).save(FOLDER / f"{name}.svg")
    with chromium() as browser:
        for name, theme in PAGES.items():
            with page(browser, theme) as found:
                (FOLDER / f"{name}.png").write_bytes(png(found))
    print(*sorted(FOLDER.iterdir()), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
