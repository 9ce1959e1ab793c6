"""What the chapters of the course share: exercises that check themselves, quizzes, pictures.

A chapter is read in three ways: with a kernel (widgets move), executed headless (pictures and
quizzes stand still, and every output can be compared), and as a page without a kernel.
"""

import dis
import html
import importlib.util
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from helpers.show.notebook import attended

COURSE = Path(__file__).resolve().parents[2] / "course"


class WrongAnswer(AssertionError):
    """An answer that a check refuses; the message says what was seen and what was expected."""


def expect(condition: bool, message: str) -> None:
    """Refuse an answer: raise WrongAnswer with a message unless the condition holds."""
    if not condition:
        raise WrongAnswer(message)


class Chapter:
    """The exercises of one chapter, from `course/checks/chapter_NN.py`."""

    def __init__(self, number: int):
        self.number = number
        self.checks = load_checks(number)
        self.hints_shown: dict[int, int] = {}

    def check(self, exercise: int, *answer: Any) -> None:
        """Print whether an answer is right, and if not, what was seen."""
        title = f"Exercise {self.number}.{exercise}"
        if any(unanswered(part) for part in answer):
            print(f"{title}: yours to do. chapter.hint({exercise}) helps.")
            return
        try:
            getattr(self.checks, f"exercise_{exercise}")(*answer)
        except WrongAnswer as wrong:
            print(f"{title}: not yet. {wrong}")
        except Exception as error:  # the reader's own code may do anything
            print(f"{title}: not yet. It raised {type(error).__name__}: {error}")
        else:
            print(f"{title}: right.")

    def hint(self, exercise: int) -> None:
        """Print the next hint of an exercise."""
        hints = self.checks.HINTS[exercise]
        shown = min(self.hints_shown.get(exercise, 0), len(hints) - 1)
        self.hints_shown[exercise] = shown + 1
        print(f"Hint {shown + 1} of {len(hints)}: {hints[shown]}")


def load_checks(number: int) -> ModuleType:
    """Return the module with the checks of a chapter: `exercise_1(answer)` and so on, `HINTS`."""
    path = COURSE / "checks" / f"chapter_{number:02d}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def unanswered(answer: Any) -> bool:
    """Say whether an answer is still the `...` of the page, or a function without a body."""
    if not isinstance(answer, FunctionType):
        return answer is ...
    steps = [step.opname for step in dis.get_instructions(answer) if step.opname != "RESUME"]
    return steps in (["LOAD_CONST", "RETURN_VALUE"], ["RETURN_CONST"])


def show(alt: str) -> None:
    """Show the current figure with a text for those who do not see it."""
    import matplotlib.pyplot as plt
    from IPython.display import display

    figure = plt.gcf()
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=figure.dpi, bbox_inches="tight")
    plt.close(figure)
    data = {"image/png": picture.getvalue(), "text/plain": f"Figure: {alt}"}
    display(data, raw=True, metadata={"image/png": {"alt": alt}})


def explore(draw: Callable[..., None], **controls: Any) -> None:
    """Call `draw` with sliders, or once with their first values where nobody can move them.

    Args:
        draw: draws and shows a figure or prints; its arguments have the names of the controls.
        controls: for each argument its values: a list to choose from (the first is the start), or
            a tuple (start, lowest, highest, step) for a slider.
    """
    if not attended():
        draw(**{name: values[0] for name, values in controls.items()})
        return
    import ipywidgets

    def widget(values: Any) -> Any:
        if isinstance(values, list):
            return ipywidgets.Dropdown(options=values, value=values[0])
        start, lowest, highest, step = values
        whole = all(isinstance(value, int) for value in values)
        slider = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
        return slider(start, min=lowest, max=highest, step=step, continuous_update=False)

    ipywidgets.interact(draw, **{name: widget(values) for name, values in controls.items()})


def quiz(questions: Sequence[dict[str, Any]]) -> None:
    """Show questions to choose an answer for, each choice with its explanation.

    A question is {"question": text, "choices": {choice: explanation}, "answer": the right choice}.
    Without a kernel the explanations open by themselves, one by one.
    """
    from IPython.display import HTML, display

    for question in questions:
        if question["answer"] not in question["choices"]:
            raise ValueError(f"No choice is the answer to {question['question']!r}.")
    if attended():
        for number, question in enumerate(questions, 1):
            display(_quiz_widget(number, question))
    else:
        display(HTML("".join(_quiz_html(*item) for item in enumerate(questions, 1))))


def _verdict(question: dict[str, Any], choice: str) -> str:
    return "Right. " if choice == question["answer"] else "No. "


def _quiz_html(number: int, question: dict[str, Any]) -> str:
    choices = "".join(
        f"<details><summary>{html.escape(choice)}</summary>"
        f"<p>{_verdict(question, choice)}{html.escape(why)}</p></details>"
        for choice, why in question["choices"].items()
    )
    return f"<p><b>{number}. {html.escape(question['question'])}</b></p>{choices}"


def _quiz_widget(number: int, question: dict[str, Any]) -> Any:
    import ipywidgets

    asked = ipywidgets.HTML(f"<b>{number}. {html.escape(question['question'])}</b>")
    choices = ipywidgets.RadioButtons(
        options=list(question["choices"]), value=None, layout={"width": "max-content"}
    )
    answer = ipywidgets.HTML()

    def explain(change: dict[str, Any]) -> None:
        choice = change["new"]
        why = html.escape(question["choices"][choice])
        answer.value = f"<i>{_verdict(question, choice)}{why}</i>"

    choices.observe(explain, "value")
    return ipywidgets.VBox([asked, choices, answer])
