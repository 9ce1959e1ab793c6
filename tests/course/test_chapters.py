"""The course: every chapter in shape, every check accepts the solution and rejects wrong answers.

`answers/chapter_NN.py` beside this file holds RIGHT and WRONG: for each exercise the answer (a
tuple, as the check takes it) and several wrong ones.
"""

import importlib.util
import re
from pathlib import Path

import nbformat
import pytest

from helpers.show import course

CHAPTERS = sorted(course.COURSE.glob("[0-9][0-9]_*.ipynb"))
ANSWERS = Path(__file__).resolve().parent / "answers"


def load_answers(number):
    path = ANSWERS / f"chapter_{number:02d}.py"
    spec = importlib.util.spec_from_file_location(f"answers_{number}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def exercises(number):
    checks = course.load_checks(number)
    return [int(name.removeprefix("exercise_")) for name in dir(checks) if "exercise_" in name]


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def chapter(request):
    notebook = nbformat.read(request.param, as_version=4)
    nbformat.validate(notebook)
    return request.param, int(request.param.stem[:2]), notebook


def text_of(notebook, kind="markdown"):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == kind)


def test_every_check_accepts_the_solution_and_rejects_wrong_answers(chapter):
    _, number, _ = chapter
    checks, answers = course.load_checks(number), load_answers(number)
    found = exercises(number)
    assert 4 <= len(found) <= 6
    for exercise in found:
        check = getattr(checks, f"exercise_{exercise}")
        check(*answers.RIGHT[exercise])
        assert len(answers.WRONG[exercise]) >= 2
        for wrong in answers.WRONG[exercise]:
            with pytest.raises(Exception):  # noqa: B017 - a wrong answer may fail in its own way
                check(*wrong)
        assert len(checks.HINTS[exercise]) >= 2


def test_a_chapter_has_its_parts(chapter):
    path, number, notebook = chapter
    text, code = text_of(notebook), text_of(notebook, "code")
    first = notebook.cells[0].source
    assert first.startswith(f"# {number} · ")
    assert f"blob/main/course/{path.name}" in first
    for row in ("You will learn", "Before", "Time"):
        assert f"**{row}**" in first
    for section in ("## Exercises", "## Quiz", "## Summary", "## Further reading", "## Next"):
        assert section in text, section
    assert "course.quiz(" in code
    for exercise in exercises(number):
        assert f"chapter.check({exercise}," in code
    headings = re.findall(r"^### Exercise (\d+)\.(\d) · (easy|medium|open)$", text, re.M)
    assert [(int(n), int(k)) for n, k, _ in headings] == [(number, e) for e in exercises(number)]
    assert headings[0][2] == "easy" and headings[-1][2] == "open"
    assert "course.show(" in code or "course.explore(" in code
    assert "$" in text
    assert "https://" in text.split("## Further reading")[1]
    assert "../notebooks/" in text


def test_a_chapter_is_a_page_and_not_a_script(chapter):
    _, _, notebook = chapter
    code = [c.source for c in notebook.cells if c.cell_type == "code"]
    lines = sorted(len(source.splitlines()) for source in code)
    assert lines[-1] <= 25
    assert lines[int(0.9 * len(lines))] <= 20
    assert sum(c.cell_type == "markdown" for c in notebook.cells) >= len(code)


def test_a_solution_stands_beside_each_chapter(chapter):
    path, number, _ = chapter
    solution = nbformat.read(path.parent / "solutions" / path.name, as_version=4)
    printed = "".join(out.get("text", "") for c in solution.cells for out in c.get("outputs", []))
    for exercise in exercises(number):
        assert f"Exercise {number}.{exercise}: right." in printed
        assert f"## Exercise {number}.{exercise}" in text_of(solution)


def test_all_chapters_are_there():
    assert [int(path.stem[:2]) for path in CHAPTERS] == [*range(1, 14)]


def test_a_quiz_answers_who_chooses(monkeypatch):
    monkeypatch.delenv("SLM_HEADLESS")
    question = {"question": "?", "choices": {"a": "too few", "b": "just so"}, "answer": "b"}
    _, choices, answer = course._quiz_widget(1, question).children
    for choice, verdict in (("a", "No. too few"), ("b", "Right. just so")):
        choices.value = choice
        assert verdict in answer.value


def test_an_empty_answer_is_told_from_a_wrong_one():
    def empty(a, b=1):
        """Say what it should do."""
        ...

    def answered(a):
        return 2 * a

    assert course.unanswered(...) and course.unanswered(empty)
    assert not course.unanswered(answered) and not course.unanswered(None)


def test_quiz_needs_a_right_choice():
    with pytest.raises(ValueError, match="No choice is the answer"):
        course.quiz([{"question": "?", "choices": {"a": "b"}, "answer": "c"}])
