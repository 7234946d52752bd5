"""From a graph to a picture of it: what is shown, how it looks, DOT, SVG."""
