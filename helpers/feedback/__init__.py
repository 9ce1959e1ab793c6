"""From what users say to the next version: kept, reviewed, learned, and let through a gate.

Where is what?

- `store`: each correction (text, the user's label, the label the model answered, the version) and
  each reviewer's decision, as the tables `feedback` and `decision` of one SQLite file. A model's
  probability is not stored: `review` asks the version of today, whose doubt is what counts.
- `said`: what may be said, and how it is checked.
- `from_hub`: corrections out of the discussions of a model hub.
- `review`: the queue in which a person decides, the texts the model doubts most first.
- `next_version`: what is learned from the decisions.
- `release`: the gate, its rules and the changelog.

The routes that take corrections over HTTP are in `helpers.serving.feedback_routes`.
"""
