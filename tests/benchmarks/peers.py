"""Who is measured against: the libraries that are installed, with their versions."""

from __future__ import annotations

import platform
import sys
from importlib import import_module, metadata

import scalargrad as sg

NAMES = ("micrograd", "xad", "torch", "jax", "autograd", "casadi")


def present(name: str) -> bool:
    try:
        import_module(name)
    except ImportError:
        return False
    return True


def version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(absent)"


def conditions() -> list[str]:
    """Lines that say what is compared with what, and where."""
    peers = ", ".join(f"{name} {version(name)}" for name in NAMES)
    return [
        f"Python  {platform.python_implementation()} {sys.version.split()[0]}, "
        f"{platform.system()} {platform.machine()}",
        f"engine  {sg.engine} (scalargrad {sg.__version__})",
        f"peers   {peers}",
    ]
