"""Numbers of rows as browsers send them: what no table can hold is no row, not an error of ours."""

from werkzeug.routing import IntegerConverter, Map

HIGHEST = 2**63 - 1


class RowNumber(IntegerConverter):
    """The `int` of our paths: a longer one is a page that does not exist."""

    def __init__(self, map: Map) -> None:  # noqa: A002 - werkzeug's own name
        super().__init__(map, min=0, max=HIGHEST)


def row_number(text: str) -> int:
    """The converter for what stands behind the question mark; ValueError makes werkzeug take the default."""
    number = int(text)
    if not 0 <= number <= HIGHEST:
        raise ValueError(text)
    return number
