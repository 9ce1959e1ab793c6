"""A version of a model as the hub's pages show it, with a stranger's script wherever text goes."""

import json

from huggingface_hub import CommitOperationAdd

EVIL = "<script>alert('evil')</script>"
CARD = """---
license: mit
language: en
pipeline_tag: text-classification
library_name: keras
tags: [litert, "<b>bold</b>"]
model-index:
- name: m
  results:
  - task: {{type: text-classification}}
    dataset: {{type: imdb, name: "IMDb {evil}"}}
    metrics: [{{type: accuracy, value: {accuracy}}}]
---
# The card

Version {accuracy}. ![plot](plot.png) [config](config.json) [elsewhere](https://example.org)

{evil}
"""


def files(accuracy, size):
    """Return the commit of a version that was measured at `accuracy` and weighs `size` bytes."""
    metrics = {"test": {"accuracy": accuracy, "n": 25}, "bytes": size, EVIL: 1}
    contents = {
        "README.md": CARD.format(accuracy=accuracy, evil=EVIL).encode(),
        "metrics.json": json.dumps(metrics).encode(),
        "config.json": json.dumps({"labels": ["no", "yes"], "v": accuracy}, indent=1).encode(),
        "model.keras": b"\0" * size,
        "sub dir/page.html": EVIL.encode(),
        "plot.png": b"\x89PNG",
    }
    return [CommitOperationAdd(path, data) for path, data in contents.items()]
