"""What the schedule claims beside its contract."""

from nba_local import Claim

CLAIMS = (
    Claim(
        "copies_are_told_apart",
        key="game_id",
        day="min(game_date) AS game_date",
        changed="home_team_tricode",
        other="concat(home_team_tricode, away_team_tricode)",
    ),
)
