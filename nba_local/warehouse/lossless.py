"""Types that say the same: rows of a source in the contract's types where no value is lost.

Folders and BigQuery accept the same. What would lose a value is refused with column and value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from nba_local.errors import ContractError

if TYPE_CHECKING:
    from nba_local.tables.schema import Contract, Field

UTC = frozenset(
    {
        *("UTC", "Etc/UTC", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal"),
        *("GMT", "Etc/GMT", "GMT0", "Etc/GMT0", "Etc/GMT+0", "Etc/GMT-0", "Greenwich"),
        *("Etc/Greenwich", "+00:00", "-00:00", "Z"),
    }
)
"""Names of one time zone."""


def accept(contract: Contract, rows: pl.DataFrame, where: str) -> pl.DataFrame:
    """`rows` with the contract's columns, order and types; other columns are left out.

    A missing NULLABLE column is added as NULL, see `Contract.conform`.

    Raises:
        ContractError: A column is missing, or a type or a value does not fit; nothing is used.
    """
    have, want = rows.schema, contract.polars  # once: 1,000 files of 90 columns are usual
    missing = [name for name in want if name not in have]
    more = [name for name in have if name not in want]
    if missing and more:  # a column under another name, rather than one that was never filled
        raise ContractError(
            f"{where}: column `{missing[0]}` is missing ({len(missing)} are), and `{more[0]}` is "
            f"not in the contract ({len(more)} are not); nothing was read",
            hint="name the columns as the contract does, then pull again",
        )
    typed = [
        lossless(rows[field.name], field, where)
        for field in contract.fields
        if field.name in have and have[field.name] != want[field.name]
    ]
    kept = rows.select(name for name in want if name in have)
    return contract.conform(kept.with_columns(typed), where)


def is_date(kind: pl.DataType) -> bool:
    """Whether a column of type `kind` may hold dates: as such, or as their midnights in UTC."""
    return _says_the_same(kind, pl.Date())


def lossless(values: pl.Series, field: Field, where: str) -> pl.Series:
    """`values` in the type of `field`. Raises: ContractError where one would be lost."""
    have, want = values.dtype, field.polars
    if not _says_the_same(have, want):
        shown = values.drop_nulls().head(1).to_list()
        first = f", first {shown[0]!r}" if shown else ""
        raise ContractError(
            f"{where}: column `{field.name}` is {have}{first}; the contract says {field.type} "
            f"({want}); nothing was read",
            hint=f"write `{field.name}` as {field.type} in the source, then pull again",
        )
    try:
        typed = values.cast(want, strict=False)
        lost = (
            typed.is_null() & values.is_not_null()
            if have in (pl.Categorical, pl.Enum, pl.Binary) or want == pl.String()
            else typed.cast(have, strict=False).ne_missing(values)
        )
    except pl.exceptions.PolarsError as error:
        first = str(error).partition("\n")[0]
        message = f"{where}: column `{field.name}` ({have}): a value does not fit its column {want}"
        raise ContractError(
            f"{message}: {first}; nothing was read",
            hint=f"write `{field.name}` as {field.type} in the source, then pull again",
        ) from error
    if number := int(lost.sum()):
        raise ContractError(
            f"{where}: {number} values of `{field.name}` ({have}) do not fit {field.type} "
            f"({want}), first {values.filter(lost)[0]!r}; nothing was read",
            hint=f"write `{field.name}` as {field.type} in the source, then pull again",
        )
    return typed


def _says_the_same(have: pl.DataType, want: pl.DataType) -> bool:
    """Whether values of type `have` can be values of type `want`; each of them is then compared."""
    if isinstance(have, (pl.List, pl.Array)) and isinstance(want, pl.List):
        return have == want or _says_the_same(have.inner, want.inner)  # type: ignore[arg-type]
    if isinstance(have, pl.Struct) and isinstance(want, pl.Struct):
        return [f.name for f in have.fields] == [f.name for f in want.fields] and all(
            ours.dtype == theirs.dtype or _says_the_same(ours.dtype, theirs.dtype)  # type: ignore[arg-type]
            for ours, theirs in zip(have.fields, want.fields, strict=True)
        )
    if isinstance(want, pl.Datetime):
        return isinstance(have, pl.Datetime) and have.time_zone in {None, *UTC}
    if want == pl.Date:
        is_utc = isinstance(have, pl.Datetime) and have.time_zone in {None, *UTC}
        return have in (pl.Date, pl.Null) or is_utc
    if want == pl.String:
        return have in (pl.Categorical, pl.Enum, pl.Binary, pl.Null)
    return have == pl.Null or (want.is_numeric() and have.is_numeric())
