"""The checkout itself: pages in shape, pins in step, published figures from recorded runs."""

import json
import re
import tomllib
from pathlib import Path

import nbformat
import pytest

from helpers.runner import readme
from helpers.stages import pipeline

CHECKOUT = Path(__file__).resolve().parents[2]
PAGES = sorted((CHECKOUT / "notebooks").rglob("*.ipynb"))
ENTRIES = pipeline.load()
REPOSITORY = "github.com/small-language-models/small-language-models"


@pytest.fixture(params=PAGES, ids=lambda path: path.stem)
def page(request):
    notebook = nbformat.read(request.param, as_version=4)
    nbformat.validate(notebook)
    return request.param, notebook


def sources(notebook, kind):
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def row(notebook, name):
    """Return a row of the table in a page's head."""
    return re.search(rf"^\| \*\*{name}\*\* \| (.+) \|$", notebook.cells[0].source, re.M).group(1)


def test_every_page_has_an_entry_and_every_entry_a_page():
    assert sorted(entry.path for entry in ENTRIES.values()) == PAGES
    assert len({entry.number for entry in ENTRIES.values()}) == len(PAGES)


def test_page_opens_with_title_badge_and_table(page):
    path, notebook = page
    entry, first = ENTRIES[path.stem], notebook.cells[0].source
    assert first.startswith(f"# {entry.heading}: {entry.promise}\n")
    where = path.relative_to(CHECKOUT).as_posix()
    assert f"{REPOSITORY.replace('github.com', 'github')}/blob/main/{where}" in first
    for name in ("You will learn", "Time", "Needs", "Leaves"):
        assert row(notebook, name)


def test_the_entry_says_what_the_page_says_of_its_time(page):
    path, notebook = page
    stated = re.search(r"about (a|\d+) minutes?\b", row(notebook, "Time")).group(1)
    assert ENTRIES[path.stem].minutes == (1 if stated == "a" else int(stated))


def test_the_entry_needs_what_the_page_names_and_opens(page):
    path, notebook = page
    entry = ENTRIES[path.stem]
    named = []
    for number, until in re.findall(
        r"\((?:\.\./)?(\d\d)_\w+\.ipynb\)(?: to \S+\((?:\.\./)?(\d\d)_)?", row(notebook, "Needs")
    ):
        named += [stem for stem in ENTRIES if number <= stem[:2] <= (until or number)]
    assert sorted(set(named)) == sorted(entry.needs)
    code = "\n".join(sources(notebook, "code"))
    # a page is named in a call; in brackets stands a table or a column of that name
    others = [s for s in ENTRIES if re.search(rf'(?<!\[)"{s}"', code) and s != path.stem]
    assert sorted(others) == sorted(entry.needs)


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


def recorded(path):
    """Return what the run that a page shows was recorded with."""
    records = json.loads((CHECKOUT / "notebooks" / "outputs.json").read_text())
    number = ENTRIES[path.stem].number
    assert path.stem in records, f"publish the page's outputs: make outputs PAGES={number}"
    return records[path.stem]


def test_committed_outputs_show_the_recorded_claims(page):
    path, notebook = page
    record = recorded(path)
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
    front = (CHECKOUT / "README.md").read_text()

    def between(name):
        return front.split(f"<!-- {name}:begin -->\n")[1].split(f"\n<!-- {name}:end -->")[0]

    pages, groups = ENTRIES, pipeline.groups()
    assert between("map") == readme.map_markdown(pages)
    assert between("results") == readme.results_table(pages, record)
    assert between("notebooks") == readme.front_table(pages, groups, record)
    assert record["rows"][0]["model"] == "n-gram baseline"
    assert all(record["headlines"][stem] for stem in pages)
    inner = (CHECKOUT / "notebooks/README.md").read_text()
    assert readme.map_markdown(pages) in inner and readme.pages_table(pages, groups) in inner


def test_the_time_a_page_states_is_the_time_it_took(page):
    path, _ = page
    record = recorded(path)
    stated = ENTRIES[path.stem].minutes
    assert abs(stated - record["seconds"] / 60) <= max(1.0, 0.25 * stated)


def test_every_requirement_says_what_it_is_for():
    files = (CHECKOUT / "requirements.txt", CHECKOUT / "helpers/examples/requirements.txt")
    for line in "\n".join(file.read_text() for file in files).splitlines():
        assert not line or line.startswith("#") or re.fullmatch(r"\S+==\S+  # .{5,}", line), line


def test_readme_names_every_notebook():
    for name in ("README.md", "notebooks/README.md"):
        text = (CHECKOUT / name).read_text()
        missing = [path.name for path in PAGES if path.name not in text]
        assert missing == [], "make outputs brings the tables up to date"


def test_one_version_everywhere():
    """What is installed, what is cited: the same version, which the changelog knows."""
    projects = [
        tomllib.loads((CHECKOUT / f"{folder}pyproject.toml").read_text())["project"]
        for folder in ("", "helpers/predictor/")
    ]
    version = projects[0]["version"]
    assert projects[1]["version"] == version
    assert f"version: {version}\n" in (CHECKOUT / "CITATION.cff").read_text()
    assert f"## {version} · " in (CHECKOUT / "CHANGELOG.md").read_text()


def test_hooks_name_files_that_are_there():
    hooks = (CHECKOUT / ".pre-commit-config.yaml").read_text()
    named = re.findall(r"tests/[\w/]+\.py", hooks)
    assert named and all((CHECKOUT / path).is_file() for path in named)


def test_outputs_are_of_training_that_ran_through(page):
    """What a run took over from an interrupted one is no evidence of how long it takes."""
    path, notebook = page
    shown = [str(cell.get("outputs", "")) for cell in notebook.cells]
    assert not any("was trained already" in text or "Resuming" in text for text in shown), path
