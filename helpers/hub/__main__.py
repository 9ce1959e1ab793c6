"""`python -m helpers.hub` serves a hub; `--help` lists the options."""

from helpers.hub.server import main

main()
