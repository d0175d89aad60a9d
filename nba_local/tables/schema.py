"""The contract of a table: `schema.json`, in BigQuery's own format, and its types elsewhere."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from nba_local.errors import ContractError, PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_SIMPLE: dict[str, tuple[Any, str]] = {
    "STRING": (pl.String(), "VARCHAR"),
    "JSON": (pl.String(), "VARCHAR"),
    "INT64": (pl.Int64(), "BIGINT"),
    "FLOAT64": (pl.Float64(), "DOUBLE"),
    "BOOL": (pl.Boolean(), "BOOLEAN"),
    "DATE": (pl.Date(), "DATE"),
    "TIMESTAMP": (pl.Datetime("us", "UTC"), "TIMESTAMPTZ"),
}
STRUCT = "STRUCT"
DEFAULT_PRECISION, DEFAULT_SCALE = 38, 9
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,299}")
"""A name of BigQuery that needs no more than backticks in SQL."""

_DOUBLES = ("FLOAT64", "NUMERIC")
"""Types that a computed double may become."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column: BigQuery type and mode, and what it means. fields: Those of a STRUCT."""

    name: str
    type: str
    mode: str
    description: str
    precision: int | None = None
    scale: int | None = None
    fields: tuple[Field, ...] = ()

    @property
    def polars(self) -> pl.DataType:
        """The Polars type of the column; NUMERIC stays Decimal, REPEATED is a list."""
        inner: pl.DataType
        if self.type == STRUCT:
            inner = pl.Struct({field.name: field.polars for field in self.fields})
        elif self.type == "NUMERIC":
            inner = pl.Decimal(self.precision or DEFAULT_PRECISION, self.decimals)
        else:
            inner = _SIMPLE[self.type][0]
        return pl.List(inner) if self.repeated else inner

    @property
    def sql(self) -> str:
        """The DuckDB type of the column."""
        if self.type == STRUCT:
            inner = ", ".join(f'"{field.name}" {field.sql}' for field in self.fields)
            inner = f"STRUCT({inner})"
        elif self.type == "NUMERIC":
            inner = f"DECIMAL({self.precision or DEFAULT_PRECISION},{self.decimals})"
        else:
            inner = _SIMPLE[self.type][1]
        return f"{inner}[]" if self.repeated else inner

    @property
    def required(self) -> bool:
        """True where NULL is not allowed."""
        return self.mode == "REQUIRED"

    @property
    def repeated(self) -> bool:
        """True for an array; BigQuery has no NULL arrays, only empty ones."""
        return self.mode == "REPEATED"

    @property
    def decimals(self) -> int:
        """Decimals of a NUMERIC column."""
        return DEFAULT_SCALE if self.scale is None else self.scale


@dataclass(frozen=True, slots=True)
class Contract:
    """What `schema.json` of one table says."""

    dataset: str
    name: str
    fields: tuple[Field, ...]
    grain: tuple[str, ...]
    partition_by: str
    clustering: tuple[str, ...]
    require_partition_filter: bool
    expiration_days: int | None = None

    def __post_init__(self) -> None:
        """Names go into SQL: what could be anything else is refused.

        Raises:
            PipelineError: One is not made of letters, digits and `_`.
        """
        inner = (inside.name for field in self.fields for inside in _inside(field))
        names = (self.dataset, self.name, *self.columns, *inner, *self.grain, self.partition_by)
        if wrong := [name for name in (*names, *self.clustering) if not _NAME.fullmatch(name)]:
            raise PipelineError(
                f"contract of {self.name!r}: {len(wrong)} names are not made of letters, digits "
                f"and `_`, first {wrong[0]!r}; nothing was done"
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names in contract order."""
        return tuple(field.name for field in self.fields)

    @property
    def polars(self) -> dict[str, pl.DataType]:
        """Polars schema in contract order."""
        return {field.name: field.polars for field in self.fields}

    def field(self, name: str) -> Field:
        """The field called `name`."""
        return next(field for field in self.fields if field.name == name)

    def conform(self, frame: pl.DataFrame, where: str) -> pl.DataFrame:
        """`frame` with the contract's columns, order and types.

        A missing NULLABLE column is added as NULL, a NULL array becomes an empty one (BigQuery
        reads them so), an integer or float of another width is cast if no value is lost.

        Raises:
            ContractError: A REQUIRED column is missing, a column is unknown, or a type does not
                fit. Nothing of the frame is used then.
        """
        given, names = frame.schema, set(self.columns)
        if extra := [name for name in given if name not in names]:
            raise ContractError(
                f"{where}: {len(extra)} columns not in the contract: {_some(extra)}; "
                "nothing of it was used",
                hint="take them out there, or add them to schema.json",
            )
        missing = [f.name for f in self.fields if f.required and f.name not in given]
        if missing:
            raise ContractError(
                f"{where}: REQUIRED columns missing: {_some(missing)}; nothing of it was used",
                hint="write them as schema.json names them, then repeat",
            )
        casts: list[pl.Expr] = []
        for field in self.fields:
            want = field.polars
            if field.name not in given:
                casts.append(pl.lit(None, want).alias(field.name))
            elif given[field.name] == want:
                casts.append(pl.col(field.name))
            elif _castable(given[field.name], want):
                casts.append(pl.col(field.name).cast(want, strict=True))
            else:
                raise ContractError(
                    f"{where}: column `{field.name}` is {given[field.name]}, the contract says "
                    f"{field.type}{_size(field)} ({want})"
                )
        arrays = [pl.col(f.name).fill_null([]) for f in self.fields if f.repeated]
        try:
            typed = frame.select(casts)
        except pl.exceptions.PolarsError as error:
            raise ContractError(f"{where}: a value does not fit its column: {error}") from error
        _refuse_loss(frame, typed, where)
        return typed.with_columns(arrays) if arrays else typed

    def stored(self, rows: pl.LazyFrame, *, strict: bool = True) -> pl.LazyFrame:
        """Computed `rows` as they are stored: contract order and types, NUMERIC at its scale.

        Doubles become NUMERIC as a BigQuery load does it: the shortest decimal text of the double,
        rounded half away from zero; NaN and infinity become NULL.

        strict: A value that its column cannot hold is an error when collected; else it is NULL.

        Raises:
            ContractError: `rows` lacks a column of the contract or has one too many.
        """
        have = rows.collect_schema()
        names = set(self.columns)
        missing = [name for name in self.columns if name not in have]
        extra = [name for name in have if name not in names]
        if missing or extra:
            raise ContractError(
                f"{self.name}: build() lacks {_some(missing) or 'nothing'} and has in addition "
                f"{_some(extra) or 'nothing'}; the contract has {len(self.columns)} columns"
            )
        doubles = [
            f.name for f in self.fields if have[f.name].is_float() and f.type not in _DOUBLES
        ]
        if doubles:
            raise ContractError(
                f"{self.name}: build() gives doubles for {_some(doubles)}, which the contract does "
                "not; cast them"
            )
        return rows.select(_stored(field, have[field.name], strict=strict) for field in self.fields)

    def nulls(self, frame: pl.DataFrame) -> dict[str, int]:
        """Number of NULLs in each REQUIRED column that has any."""
        required = [f.name for f in self.fields if f.required]
        if not required:
            return {}
        counts = frame.select(pl.col(required).null_count()).row(0, named=True)
        return {name: count for name, count in counts.items() if count}


def _inside(field: Field) -> Iterator[Field]:
    """The fields of a STRUCT, and of the STRUCTs among them."""
    for inside in field.fields:
        yield inside
        yield from _inside(inside)


def _refuse_loss(given: pl.DataFrame, typed: pl.DataFrame, where: str) -> None:
    """Decimals and instants of a finer scale keep their value or are refused: casts round."""
    now = typed.schema
    finer = {
        name: kind
        for name, kind in given.schema.items()
        if kind != now[name] and isinstance(kind, (pl.Decimal, pl.Datetime))
    }
    for name, kind in finer.items():
        if lost := int((typed[name].cast(kind) != given[name]).sum()):
            raise ContractError(
                f"{where}: {lost} values of `{name}` ({kind}) do not fit {now[name]}"
            )


def _stored(field: Field, have: pl.DataType, *, strict: bool) -> pl.Expr:
    value = pl.col(field.name)
    if field.repeated:
        return value.cast(field.polars, strict=strict).fill_null([])
    if isinstance(have, pl.Decimal) and field.type == "NUMERIC" and have.scale > field.decimals:
        value, have = value.cast(pl.Float64), pl.Float64()
    if not have.is_float():
        return value.cast(field.polars, strict=strict)
    finite = pl.when(value.is_finite()).then(value)
    if field.type != "NUMERIC":
        return finite.alias(field.name).cast(field.polars, strict=strict)
    # The candidate halfway between two storable values, as a double, tells on which side the
    # shortest text of `value` lies: reading text is monotonic. A divisor that is a column is
    # really divided by, where Polars multiplies by the reciprocal of a scalar.
    size = finite.abs()
    scale = size * 0.0 + 10.0**field.decimals
    below = (size * scale).floor()
    units = below + (size >= (below + 0.5) / scale).cast(pl.Float64)
    signed = pl.when(value < 0).then(-units).otherwise(units)
    return (signed / scale).cast(field.polars, strict=strict).alias(field.name)


def _castable(have: pl.DataType, want: pl.DataType) -> bool:
    """Whether a strict cast from `have` to `want` keeps every value or fails."""
    if have == pl.Null:
        return True
    if isinstance(have, pl.List) and isinstance(want, pl.List):
        return _castable(have.inner, want.inner)  # type: ignore[arg-type]
    if isinstance(have, pl.Struct) and isinstance(want, pl.Struct):
        return [f.name for f in have.fields] == [f.name for f in want.fields] and all(
            ours.dtype == theirs.dtype
            for ours, theirs in zip(have.fields, want.fields, strict=True)
        )
    if isinstance(have, pl.Decimal) and isinstance(want, pl.Decimal):
        return True  # by value: see _refuse_loss
    if isinstance(have, pl.Datetime) and isinstance(want, pl.Datetime):
        return have.time_zone in {None, "UTC"}
    return (have.is_integer() and want.is_integer()) or (have.is_float() and want.is_float())


def _size(field: Field) -> str:
    return f"({field.precision},{field.scale})" if field.precision else ""


def _some(names: Iterable[str], most: int = 5) -> str:
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"`{name}`" for name in names[:most]) + more


def load_contract(path: Path) -> Contract:
    """The contract in the file `path`.

    Raises:
        PipelineError: The file is missing, is not JSON, or names a type we do not know.
    """
    try:
        raw = json.loads(path.read_text())
        contract = Contract(
            dataset=raw["dataset"],
            name=raw["table"],
            fields=tuple(_field(item) for item in raw["fields"]),
            grain=tuple(raw["grain"]),
            partition_by=raw["partition_field"],
            clustering=tuple(raw["clustering"]),
            require_partition_filter=bool(raw.get("require_partition_filter")),
            expiration_days=raw.get("partition_expiration_days"),
        )
    except FileNotFoundError as error:
        raise PipelineError(
            f"{path.parent.name}: schema.json is missing", hint="see pipelines/README.md, step 2"
        ) from error
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise PipelineError(f"{path.parent.name}/schema.json: {error!r}") from error
    known = set(contract.columns)
    if unknown := [c for c in (*contract.grain, contract.partition_by) if c not in known]:
        raise PipelineError(f"{path.parent.name}/schema.json: no such column: {_some(unknown)}")
    return contract


def _field(item: dict[str, Any]) -> Field:
    kind = _OTHER_NAMES.get(item["type"], item["type"])
    if kind not in {"NUMERIC", STRUCT} and kind not in _SIMPLE:
        raise ValueError(f"column `{item['name']}`: type {kind} is not supported")
    inside = tuple(_field(inner) for inner in item.get("fields", ()))
    if bool(inside) != (kind == STRUCT):
        raise ValueError(f"column `{item['name']}`: a STRUCT, and nothing else, has fields")
    if any(inner.type == "JSON" for inner in inside):
        # a load job cannot parse it, and the statement that could names no fields
        raise ValueError(f"column `{item['name']}`: JSON inside a STRUCT is not supported")
    return Field(
        name=item["name"],
        type=kind,
        mode=item.get("mode", "NULLABLE"),
        description=item.get("description", ""),
        precision=item.get("precision"),
        scale=item.get("scale"),
        fields=inside,
    )


_OTHER_NAMES = {"BOOLEAN": "BOOL", "INTEGER": "INT64", "FLOAT": "FLOAT64", "RECORD": STRUCT}
"""Names that BigQuery's API has for the same types."""
