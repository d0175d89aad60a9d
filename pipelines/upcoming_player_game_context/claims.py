"""What the contexts of players claim beside their contract."""

from nba_local import Claim
from pipelines.claims import of_source

CLAIMS = (
    *of_source(),
    Claim("an_id_has_one_lookup"),
    Claim("copies_are_told_apart", changed="days_rest"),
    Claim("a_lookup_is_one_person"),
    Claim("lines_are_near_what_players_score", line="current_points_line"),
    Claim("home_and_away_agree_with_schedule"),
)
