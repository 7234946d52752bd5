"""From a program to the code of the machine, and its runs on numbers and lanes."""
