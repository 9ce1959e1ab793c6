"""What page 4 teaches is what the helper does: the page's own head beside it."""

import keras
import numpy as np

from helpers.learning import models
from tests.support.on_page import definitions


def test_the_head_of_the_page_is_the_head_of_the_helper():
    on_page = definitions("04_finetuning.ipynb", "add_classifier_head")["add_classifier_head"]
    keras.utils.set_random_seed(0)
    encoder = models.build_gated_encoder(50, width=8, blocks=1, kernel_size=3)
    helper, page = models.add_classifier_head(encoder), on_page(encoder)
    page.set_weights(helper.get_weights())
    token_ids = np.array([[3, 4, 5, 0, 0], [9, 8, 7, 6, 5]], "int32")
    np.testing.assert_array_equal(page(token_ids), helper(token_ids))
    assert [weight.name for weight in page.weights] == [weight.name for weight in helper.weights]
    assert page.name == helper.name
