"""What page 4 teaches is what the helper does: the page's own head beside it."""

import keras
import numpy as np
import pytest

from helpers.data.classes import Classes
from helpers.learning import models
from tests.support.on_page import definitions


@pytest.mark.parametrize("several", [False, True])
def test_the_head_of_the_page_is_the_head_of_the_helper(several):
    classes = Classes(("a", "b", "c"), several)
    on_page = definitions("04_finetuning.ipynb", "add_classifier_head")["add_classifier_head"]
    keras.utils.set_random_seed(0)
    encoder = models.build_gated_encoder(50, width=8, blocks=1, kernel_size=3)
    helper, page = models.add_classifier_head(encoder, classes), on_page(encoder, classes)
    page.set_weights(helper.get_weights())
    token_ids = np.array([[3, 4, 5, 0, 0], [9, 8, 7, 6, 5]], "int32")
    np.testing.assert_array_equal(page(token_ids), helper(token_ids))
    assert [weight.name for weight in page.weights] == [weight.name for weight in helper.weights]
    assert page.name == helper.name
    # what tells the exported file its softmax or sigmoid
    assert page.layers[-1].name == helper.layers[-1].name == classes.head


def test_the_mix_of_two_classes_adds_up_log_odds():
    mix = definitions("04_finetuning.ipynb", "mix")["mix"]
    mix.__globals__["classes"] = Classes(("a", "b"))
    read, counted = np.array([[0.8, 0.2], [0.5, 0.5]]), np.array([[0.4, 0.6], [0.9, 0.1]])
    mixed = mix(0.25, read, counted)
    log_odds = [np.log(p[:, 1] / p[:, 0]) for p in (read, counted)]
    np.testing.assert_allclose(mixed[:, 1] - mixed[:, 0], 0.75 * log_odds[0] + 0.25 * log_odds[1])
