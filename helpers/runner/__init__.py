"""The runner: executes the pages, skips what is up to date, reports, and publishes outputs."""

import sys

# jsonschema, which nbformat and papermill import, builds a whole grammar of web addresses where it
# finds this package: more than a second in every process that executes a page, for nothing here.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # "is not installed"
