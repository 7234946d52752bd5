"""compile: a plain scalar function becomes one gate that runs as a program over arrays."""

from .gate import Compiled as Compiled
from .gate import compile as compile
