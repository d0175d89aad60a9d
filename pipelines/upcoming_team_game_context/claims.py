"""What the contexts of teams claim beside their contract."""

from nba_local import Claim
from pipelines.claims import of_source, quoted

CLAIMS = (
    *of_source(),
    Claim("copies_are_told_apart", changed="travel_miles"),
    Claim("rows_are_production_ready"),
    Claim(
        "columns_are_filled",
        columns=quoted(
            *("home_game", "games_in_last_7_days", "travel_miles", "game_spread", "game_total"),
            "team_days_rest",
        ),
        after_a_week=quoted("team_days_rest"),
        lost="game_spread",
    ),
)
