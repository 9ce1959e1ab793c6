"""A walk through the hub's pages in a real browser, as a reader would take it."""

import pytest
from hub_version import files

from helpers import hub

WIDTHS = {"light": 1100, "dark": 390}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with hub.serve(tmp_path_factory.mktemp("hub")) as running:
        api = running.api()
        api.create_repo("learner/tiny")
        for version, accuracy, size in (("v1.0", 0.8, 300), ("v1.1", 0.9, 200)):
            commit = api.create_commit(
                "learner/tiny", files(accuracy, size), commit_message=version
            )
            api.create_tag("learner/tiny", tag=version, revision=commit.oid)
        yield running


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_from_the_list_to_two_versions_side_by_side(chromium, server, scheme):
    size = {"width": WIDTHS[scheme], "height": 800}
    with chromium.new_context(viewport=size, color_scheme=scheme) as context:
        context.set_default_timeout(60_000)  # a busy machine is slow, not wrong
        page, asked, errors = context.new_page(), [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("dialog", lambda dialog: errors.append(dialog.message))
        page.goto(server.url)
        page.get_by_label("Search models").fill("tiny")
        page.get_by_label("Search models").press("Enter")
        page.get_by_role("link", name="tiny").first.click()
        assert page.get_by_role("heading", name="The card").is_visible()
        page.get_by_role("link", name="Compare", exact=True).click()
        page.get_by_label("Old version").select_option("v1.0")
        page.get_by_label("New version").select_option("v1.1")
        page.get_by_role("button", name="Compare").click()
        assert page.locator("svg").first.is_visible()
        assert page.get_by_role("rowheader", name="test.accuracy").is_visible()
        assert page.get_by_text("+0.1").first.is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert errors == []
        assert all(address.startswith(server.url) for address in asked)
