"""The settings of the build that are no table in pyproject.toml: SCALARGRAD_ENGINE=pure leaves the
native part out, which makes the wheel one for every machine, browsers too (py3-none-any); and an
argument that MSVC refuses."""

import os
from typing import Any

from setuptools import setup
from setuptools.command.build_ext import build_ext
from setuptools.dist import Distribution


class Chosen(Distribution):
    def parse_config_files(self, *arguments: Any, **named: Any) -> None:
        super().parse_config_files(*arguments, **named)
        if os.environ.get("SCALARGRAD_ENGINE") == "pure":
            self.ext_modules = []


class Build(build_ext):
    def build_extensions(self) -> None:
        # a call of a function that is missing would else compile, and fail when it is loaded
        if self.compiler.compiler_type != "msvc":
            for extension in self.extensions:
                extension.extra_compile_args.append("-Werror=implicit-function-declaration")
        super().build_extensions()


setup(distclass=Chosen, cmdclass={"build_ext": Build})
