# What the native machine, machine.c, gives to Python.
from typing import Any, final

READ_SAME: int
READ_SAMPLES: int
READ_CONVERTED: int
READ_ROWS: int
READ_NUMBER: int
READ_STATIC: int
READ_VALUE: int
READ_FLOATS: int
READ_NUMBERS: int
READ_VALUES: int
READ_TABLE: int
READ_SEQUENCE: int
READ_DICT: int
READ_OBJECT: int
READ_BY_CALL: int
WRITE_FLOATS: int
WRITE_LIST: int
WRITE_TUPLE: int
WRITE_DICT: int
WRITE_BY_CALL: int
WRITE_NUMBERS: int

@final
class Program:
    def __new__(
        cls,
        initial: Any,
        totals: Any,
        splats: Any,
        results: Any,
        before: Any,
        lanes: Any,
        after: Any,
        inputs: Any,
        outputs: Any,
        registers: int,
        given: int,
        made: int,
    ) -> Program: ...
    def run(
        self,
        numbers: list[Any],
        arrays: tuple[Any, ...],
        count: int,
        results: Any,
        broken: Any,
        sides: Any,
        index: Any,
        tell_doubt: bool,
        threads: int,
        /,
    ) -> Any: ...
    def results(self, numbers: list[Any], /) -> list[float] | None: ...
    def repeat(
        self, numbers: list[Any], at: int, weights: Any, results: Any, tell_doubt: bool, /
    ) -> int: ...

@final
class Nest:
    def __new__(
        cls,
        initial: Any,
        indexes: Any,
        code: Any,
        results: Any,
        places: int,
        inputs: int,
        walks: int,
    ) -> Nest: ...
    def run(self, numbers: list[Any], results: Any, tell_doubt: bool, /) -> Any: ...
    def results(self, numbers: list[Any], /) -> list[float] | None: ...

@final
class Reader:
    def __new__(cls, readers: tuple[Any, ...]) -> Reader: ...
    def read(
        self,
        args: tuple[Any, ...],
        numbers: list[Any],
        arrays: list[Any],
        values: list[Any],
        statics: list[Any],
        /,
    ) -> bool: ...

def write(writer: Any, numbers: Any, /) -> Any: ...
def choose(name: str, /) -> str: ...
def tile_height() -> int: ...

@final
class Records:
    def __new__(cls, records: tuple[tuple[int, Any, tuple[Any, ...]], ...]) -> Records: ...
    def hold(self) -> bool: ...

@final
class Memory:
    def __new__(cls, bytes: int) -> Memory: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
