"""The checkout itself: pages in shape, pins in step, published figures from recorded runs."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from helpers.runner import report, run

CHECKOUT = Path(__file__).resolve().parents[2]
PAGES = sorted((CHECKOUT / "notebooks").rglob("*.ipynb"))
REPOSITORY = "github.com/small-language-models/small-language-models"


@pytest.fixture(params=PAGES, ids=lambda path: path.stem)
def page(request):
    notebook = nbformat.read(request.param, as_version=4)
    nbformat.validate(notebook)
    return request.param, notebook


def sources(notebook, kind):
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def test_all_pages_are_there():
    numbers = [int(path.stem[:2]) for path in PAGES]
    core = [int(path.stem[:2]) for path in PAGES if path.parent.name == "notebooks"]
    assert len(set(numbers)) == len(numbers) and core == [*range(1, len(core) + 1)]


def test_page_opens_with_title_and_badge(page):
    path, notebook = page
    first = notebook.cells[0].source
    number = int(path.stem[:2])
    assert first.startswith(f"# {number} · ")
    badge = f"{REPOSITORY.replace('github.com', 'github')}/blob/main"
    assert f"{badge}/{path.relative_to(CHECKOUT)}" in first
    for row in ("You will learn", "Time", "Needs", "Leaves"):
        assert f"**{row}**" in first


def test_page_has_its_parts(page):
    _, notebook = page
    tags = [tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])]
    assert tags.count("setup") == tags.count("parameters") == 1
    assert notebook.metadata.kernelspec.name == "python3"
    text = "\n".join(sources(notebook, "markdown"))
    for section in ("## Try it", "## Adapt it", "## Next", "## Save"):
        assert section in text
    assert "claims.check(" in "\n".join(sources(notebook, "code"))


def test_page_is_a_page_and_not_a_script(page):
    _, notebook = page
    code, text = sources(notebook, "code"), sources(notebook, "markdown")
    assert max(len(source.splitlines()) for source in code) <= 25
    assert len(text) >= 0.6 * len(code)
    setup = next(c for c in notebook.cells if "setup" in c.metadata.get("tags", []))
    assert len(setup.source.splitlines()) <= 10


def test_committed_outputs_show_the_recorded_claims(page):
    path, notebook = page
    record = json.loads((CHECKOUT / "notebooks" / "outputs.json").read_text())[path.stem]
    assert record["profile"] == "laptop" and record["claims"]
    printed = "\n".join(
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream"
    )
    for claim in record["claims"]:
        assert claim["holds"], claim
        assert f"{claim['name']}: {claim['value']:.4g} (" in printed


def test_readme_tables_are_made_from_the_recorded_results():
    record = json.loads((CHECKOUT / "notebooks" / "results.json").read_text())
    readme = (CHECKOUT / "README.md").read_text()

    def between(name):
        return readme.split(f"<!-- {name}:begin -->\n")[1].split(f"\n<!-- {name}:end -->")[0]

    assert between("results") == report.results_table_markdown(record)
    assert between("notebooks") == report.notebooks_table_markdown(record, run.in_order(PAGES))
    assert record["rows"][0]["model"] == "n-gram baseline"
    assert all(record["headlines"].values())


def test_the_time_a_page_states_is_the_time_it_took(page):
    path, notebook = page
    record = json.loads((CHECKOUT / "notebooks" / "outputs.json").read_text())[path.stem]
    stated = re.search(r"\*\*Time\*\* \| about (\d+) minutes? ", notebook.cells[0].source).group(1)
    assert abs(int(stated) - record["seconds"] / 60) <= max(1.0, 0.25 * int(stated))


def test_every_requirement_says_what_it_is_for():
    for line in (CHECKOUT / "requirements.txt").read_text().splitlines():
        assert not line or line.startswith("#") or re.fullmatch(r"\S+==\S+  # .{5,}", line), line


def test_readme_names_every_notebook():
    for name in ("README.md", "notebooks/README.md"):
        text = (CHECKOUT / name).read_text()
        assert all(path.name in text for path in PAGES)
