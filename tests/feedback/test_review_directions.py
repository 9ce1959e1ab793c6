"""The review panel shows texts and labels that are read from the right as they are read."""

import numpy as np

from helpers.feedback.review import Review, ReviewPanel
from helpers.feedback.store import FeedbackStore

TEXT = "قال الطبيب: هذا الدواء excellent، أليس كذلك؟ (نعم) 3 مرات."


def test_a_panel_and_its_table_follow_the_text(tmp_path):
    with FeedbackStore(tmp_path / "feedback.sqlite", ("سلبي", "إيجابي")) as store:
        store.add(TEXT, "إيجابي")
        panel = ReviewPanel(Review(store, [TEXT, "plain"], np.array([[0.2, 0.8], [0.6, 0.4]])))
        shown, rows = panel.text.value, panel.table().data
    assert f'<blockquote dir="auto" style="max-width:46em;font-size:120%">{TEXT}<' in shown
    assert "<bdi>إيجابي 80%</bdi>" in shown and "<bdi>1 × إيجابي</bdi>" in shown
    assert f'<td dir="auto" style="text-align:left">{TEXT}</td>' in rows
    assert '<td style="text-align:left">plain</td>' in rows  # as it was
