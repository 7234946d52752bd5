"""The explain page: one HTML file that works offline, with everything it needs inside."""

from .document import document as document
