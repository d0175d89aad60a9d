"""`python -m nba_local`."""

from nba_local.cli.app import main

main()
