"""`python -m slm_predictor`, and in this project `python -m helpers.predictor`."""

import sys

from .command import main

if __name__ == "__main__":
    sys.exit(main())
