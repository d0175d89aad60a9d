"""`python -m nba_local`."""

from nba_local.cli import main

main()
