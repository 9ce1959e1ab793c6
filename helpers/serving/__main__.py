"""`python -m helpers.serving BUNDLE`: see `helpers.serving.server`."""

import sys

from helpers.serving.server import main

sys.exit(main())
