"""`python -m helpers.predictor`."""

import sys

from helpers.predictor.command import main

if __name__ == "__main__":
    sys.exit(main())
