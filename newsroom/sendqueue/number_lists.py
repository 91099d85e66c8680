"""A list of ids as one value, "1,2,3": a statement for any number of rows keeps one text, and with it its plan."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Boolean, ColumnElement, String, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement


class among(FunctionElement[bool]):  # noqa: N801 - reads as an SQL function
    """among(column, name): the column's value is in the list that the bind parameter of this name holds."""

    type = Boolean()
    inherit_cache = True
    name = "among"

    def __init__(self, column: ColumnElement[int], name: str) -> None:
        super().__init__(column, bindparam(name, type_=String))


def listed(numbers: Iterable[int]) -> str:
    return ",".join(map(str, numbers))


@compiles(among, "postgresql")
def _postgresql(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, value = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY (string_to_array({value}, ',')::bigint[])"


@compiles(among, "sqlite")
def _sqlite(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, value = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each('[' || {value} || ']'))"  # noqa: S608 - a column and a parameter
