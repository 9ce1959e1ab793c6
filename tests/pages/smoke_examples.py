"""Every example, executed alone in the smoke profile: `make test` names this file.

Each is compared with the committed page by the kinds of what its cells show, as in `smoke.py`.
"""

import pytest

from helpers.stages import pipeline
from tests.support.pages import differences, execute

EXAMPLES = [page for page in pipeline.load().values() if page.group == pipeline.EXAMPLES]


@pytest.mark.parametrize("page", EXAMPLES, ids=lambda page: page.stem)
def test_an_example_runs_alone_and_shows_what_the_committed_one_shows(page, tmp_path):
    done = execute(tmp_path, "packaged", page.stem)
    assert done.returncode == 0, done.stdout[-4000:]
    executed = done.executed / page.path.name
    assert differences(executed, page.path) == {}, executed
