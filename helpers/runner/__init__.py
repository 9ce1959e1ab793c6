"""The runner: executes the pages, skips what is up to date, reports, and publishes outputs.

`run.out_of_date` decides whether a page must run again, `schedule` which pages run side by side,
`execute` runs one, `report` and `readme` tell what came out, `outputs` puts it into the pages.
"""

import sys

# jsonschema, which nbformat and papermill import, builds a whole grammar of web addresses where it
# finds this package: more than a second in every process that executes a page, for nothing here.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # "is not installed"
