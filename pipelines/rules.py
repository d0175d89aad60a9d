"""The two rule sets: what production did on 2025-12-06, and the same without its defects.

A formula is written once and reads a rule by its name. `corrected` is the default; `production`
exists to prove that this replica is one, and to explain every difference to the live tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping


WHOLE = 100.0
"""All of it, in percent."""

MOST = 1_000
"""No setting is more: neither games nor days of a season, nor a percentage."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set per table.

    min_games: Games an entity needs before it gets a row; 0 for a table without a minimum.
    bootstrap_days: Days from opening night on that get no rows.
    readiness_threshold: Completeness in percent from which a row is production ready.
    """

    min_games: int = 5
    bootstrap_days: int = 14
    readiness_threshold: float = 90.0


@dataclass(frozen=True, slots=True)
class FeatureStoreSettings(Settings):
    """What else can be set for the feature store.

    feature_set: `v1`, the 25 of the baseline; `v2`, with the later ones that Phase 3 can give;
        `v3`, with those made of betting lines, too.
    """

    min_games: int = 0
    feature_set: str = "v1"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a box-score row can say; one beyond it is set aside and named (A4, A5).

    max_points: Most a player can have of anything that is counted, points too.
    max_minutes: Most minutes of a player.
    max_team_points: Most a team can have of anything that is counted.
    zone_tolerance: By how much attempts by zone may miss a row's attempts.
    blank_rows, blank_percent: Rows of zeros without minutes on a date, and their share of its
        players, from which on they are an incident and no appearances.
    """

    max_points: int = 120
    max_minutes: float = 75.0
    max_team_points: int = 300
    zone_tolerance: int = 2
    blank_rows: int = 3
    blank_percent: float = 5.0


BOX_SCORES = (
    "player_game_summary",
    "team_defense_game_summary",
    "team_offense_game_summary",
)
"""Source tables whose rows are held against `Bounds`."""

FEATURE_SETS = ("v1", "v2", "v3")

NO_MINIMUM = {
    "player_composite_factors": Settings(min_games=0),
    "ml_feature_store_v2": FeatureStoreSettings(),
}
"""Tables in which everyone gets a row (W2)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Every place where production does something nobody would choose, by name.

    as_of: Which games a row of date D may use: those before D, or those of D too.
    duplicates: Copies of a row count as games, or the newest one is kept.
    season_floor: First date of a season: 1 October or opening night.
    null_zone_rows: An unknown zone counts as zero, or its game is left out.
    unknown_mean: The mean of no known value is NaN (stored as NULL) or NULL.
    league_average: 31 dates ending at D and one fallback for all zones, or 30 dates before D and
        a fallback per zone.
    team_gate: Teams that need `min_games` games before a date is processed at all; 0 for none.
    completeness: Production's two different counts, or the share of due box scores that is there.
    unready_rows: Rows that are not production ready are dropped, or written and flagged.
    dependency_minimums: A date with nothing upstream fails as a whole, as production reports it.
    flags_null: `early_season_flag` as production leaves it, or TRUE/FALSE everywhere.
    last_20_threshold: Games from which a 20-game sample is called good.
    source_hash: Source columns of the whole run, or of the row's own upstream rows.
    universe: Who gets a feature-store row: everyone in the context, or who played once D is over.
    usage_spike: An unknown usage counts as 25, or scores 0.0.
    recent_trend: Production's inverted 3 against 2 games, or the newest 2 minus the 3 before.
    team_win_pct: Always 0.5, or the team's record before D.
    zone_precedence: A shot zone row displaces the daily cache even where it is NULL, or not.
    failures_of_empty_dates: Failures of a date without any row are lost or kept.
    retry_insufficient: Whether "too few games" is marked as worth a retry.
    version_suffix: Appended to version columns, so that rows of the two sets are told apart.
    judges_games: Box scores and scores decide whether a game was played, and the schedule to which
        season it belongs (A2, A3); or its status and date alone.
    needs_a_game: Box scores count only where their team has played on the date (A1).
    sets_aside: Rows that cannot be do not count (A4, A5); see `bounds`.
    lookback_seasons: Seasons before the computed one that its windows may reach into.
    bounds: What a box-score row can say.

    Two rules of production concern its tables and no value, and are not here: its circuit breaker
    is off in a backfill, and a date without rows is always published as an empty one.
    """

    name: str
    as_of: Literal["through_date", "before_date"]
    duplicates: Literal["kept", "newest"]
    season_floor: Literal["october_first", "opening_night"]
    null_zone_rows: Literal["as_zero", "left_out"]
    unknown_mean: Literal["nan", "null"]
    league_average: Literal["through_date_joint", "before_date_per_zone"]
    team_gate: int
    completeness: Literal["season_rows", "due_box_scores"]
    unready_rows: Literal["dropped", "flagged"]
    dependency_minimums: bool
    flags_null: bool
    last_20_threshold: int
    source_hash: Literal["run", "row"]
    universe: Literal["context_rows", "who_played"]
    usage_spike: Literal["unknown_is_25", "unknown_scores_zero"]
    recent_trend: Literal["inverted", "newest_minus_older"]
    team_win_pct: Literal["constant", "record"]
    zone_precedence: Literal["shot_zone_row", "first_known"]
    failures_of_empty_dates: Literal["lost", "kept"]
    retry_insufficient: bool
    version_suffix: str
    judges_games: bool
    needs_a_game: bool
    sets_aside: bool
    lookback_seasons: int
    settings: Mapping[str, Settings] = field(default_factory=dict)
    bounds: Bounds = field(default_factory=Bounds)

    @property
    def through(self) -> bool:
        """Whether a row of date D may use the games of D."""
        return self.as_of == "through_date"

    @property
    def as_zero(self) -> bool:
        """Whether an unknown zone counts as zero."""
        return self.null_zone_rows == "as_zero"

    @property
    def nan(self) -> bool:
        """Whether the mean of nothing is NaN."""
        return self.unknown_mean == "nan"

    @property
    def by_row(self) -> bool:
        """Whether source columns name the row's own upstream rows."""
        return self.source_hash == "row"

    @property
    def counts_due(self) -> bool:
        """Whether completeness is the share of the due box scores that is there."""
        return self.completeness == "due_box_scores"

    @property
    def drops(self) -> bool:
        """Whether rows that are not production ready are dropped."""
        return self.unready_rows == "dropped"

    @property
    def who_played(self) -> bool:
        """Whether tables know of players who played without being listed."""
        return self.universe == "who_played"

    @property
    def crosses_seasons(self) -> bool:
        """Whether some windows have no first date of the season."""
        return self.season_floor == "october_first"

    def of(self, table: str) -> Settings:
        """The settings of `table`."""
        return self.settings.get(table, Settings())

    @property
    def sources(self) -> Mapping[str, Bounds]:
        """Source tables that have settings: the box scores share their bounds."""
        return dict.fromkeys(BOX_SCORES, self.bounds)

    def override(self, table: str, key: str, value: str) -> Rules:
        """These rules with one setting of one table changed.

        Raises:
            KeyError: There is no setting called `key`.
            ValueError: `value` is none that the setting can have, or the table does not use it.
        """
        if table in BOX_SCORES:
            return self._bounded(key, value)
        current = self.of(table)
        kinds = {item.name: type(getattr(current, item.name)) for item in fields(Settings)}
        if key == "feature_set":
            if value not in FEATURE_SETS:
                raise ValueError(f"the feature sets are {', '.join(FEATURE_SETS)}")
            return self._with(table, replace(current, feature_set=value))  # type: ignore[call-arg]
        if key == "min_games" and not current.min_games:
            raise ValueError("this table has no minimum of games")
        try:
            number = kinds[key](value)
        except ValueError as error:
            kind = "whole number" if kinds[key] is int else "number"
            raise ValueError(f"`{value}` is not a {kind}") from error
        if not 0 <= number <= MOST:  # also NaN
            raise ValueError(f"{key} is a number from 0 up to {MOST:,}")
        if key == "readiness_threshold" and number > WHOLE:
            raise ValueError(f"{key} is a percentage, at most 100")
        return self._with(table, replace(current, **{key: number}))

    def enforced(self) -> Rules:
        """These rules outside backfill mode: rows that are not production ready are dropped."""
        return replace(self, unready_rows="dropped")

    def _bounded(self, key: str, value: str) -> Rules:
        kind = type(getattr(self.bounds, key)) if hasattr(self.bounds, key) else None
        if kind is None:
            raise KeyError(key)
        try:
            number = kind(value)
        except ValueError as error:
            kind_text = "whole number" if kind is int else "number"
            raise ValueError(f"`{value}` is not a {kind_text}") from error
        if not 0 <= number <= MOST:  # also NaN
            raise ValueError(f"{key} is a number from 0 up to {MOST:,}")
        return replace(self, bounds=replace(self.bounds, **{key: number}))

    def _with(self, table: str, settings: Settings) -> Rules:
        return replace(self, settings={**self.settings, table: settings})


EVERY_SEASON = 100
"""Seasons to look back so that every one that is stored is in reach."""

PRODUCTION = Rules(
    name="production",
    as_of="through_date",
    duplicates="kept",
    season_floor="october_first",
    null_zone_rows="as_zero",
    unknown_mean="nan",
    league_average="through_date_joint",
    team_gate=25,
    completeness="season_rows",
    unready_rows="dropped",
    dependency_minimums=True,
    flags_null=True,
    last_20_threshold=14,
    source_hash="run",
    universe="context_rows",
    usage_spike="unknown_is_25",
    recent_trend="inverted",
    team_win_pct="constant",
    zone_precedence="shot_zone_row",
    failures_of_empty_dates="lost",
    retry_insufficient=True,
    version_suffix="",
    judges_games=False,
    needs_a_game=False,
    sets_aside=False,
    lookback_seasons=EVERY_SEASON,
    settings={
        "team_defense_zone_analysis": Settings(min_games=15),
        "player_shot_zone_analysis": Settings(min_games=10),
        **NO_MINIMUM,
    },
)

CORRECTED = Rules(
    name="corrected",
    as_of="before_date",
    duplicates="newest",
    season_floor="opening_night",
    null_zone_rows="left_out",
    unknown_mean="null",
    league_average="before_date_per_zone",
    team_gate=0,
    completeness="due_box_scores",
    unready_rows="flagged",
    dependency_minimums=False,
    flags_null=False,
    last_20_threshold=15,
    source_hash="row",
    universe="who_played",
    usage_spike="unknown_scores_zero",
    recent_trend="newest_minus_older",
    team_win_pct="record",
    zone_precedence="first_known",
    failures_of_empty_dates="kept",
    retry_insufficient=False,
    version_suffix="+corrected",
    judges_games=True,
    needs_a_game=True,
    sets_aside=True,
    lookback_seasons=0,
    settings=NO_MINIMUM,
)

PRESETS = {rules.name: rules for rules in (CORRECTED, PRODUCTION)}
"""The rule sets by name; the first is the default."""
