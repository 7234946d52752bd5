"""The one setting of the build that is no table in pyproject.toml: SCALARGRAD_ENGINE=pure leaves
the native part out, which makes the wheel one for every machine, browsers too (py3-none-any)."""

import os
from typing import Any

from setuptools import setup
from setuptools.dist import Distribution


class Chosen(Distribution):
    def parse_config_files(self, *arguments: Any, **named: Any) -> None:
        super().parse_config_files(*arguments, **named)
        if os.environ.get("SCALARGRAD_ENGINE") == "pure":
            self.ext_modules = []


setup(distclass=Chosen)
