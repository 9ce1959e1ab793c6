"""What is seen of a run: bars in a terminal, plain lines with a heartbeat elsewhere."""

import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from helpers.runner.execute import Watch
from helpers.stages.pipeline import Page

HEARTBEAT = 30  # seconds between lines where there is no terminal


class Screen:
    """One bar for the whole run and one for each page at work."""

    def __init__(self, console: Console, pages: Sequence[Page]):
        self.console, self.plain = console, not console.is_terminal
        self.shares = {page.stem: 0.0 for page in pages}  # how much of each page is done
        self.minutes = {page.stem: page.minutes for page in pages}
        self.bars: dict[str, TaskID] = {}
        self.heard: dict[str, float] = {}
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=self.plain,
        )
        self.overall = self.progress.add_task("pipeline", total=sum(self.minutes.values()))

    def __enter__(self) -> "Screen":
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def say(self, text: str) -> None:
        """Print a line above the bars."""
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def skip(self, page: Page) -> None:
        """Tell that a page is up to date."""
        self.say(f"{page.stem}: up to date")
        self._share(page, 1.0)

    def begin(self, page: Page, reason: str) -> None:
        """Tell that a page starts, and why."""
        self.say(f"{page.stem}: running ({reason})")
        self.heard[page.stem] = time.time()
        self.bars[page.stem] = self.progress.add_task(page.stem, total=1.0)

    def update(self, page: Page, watch: Watch) -> None:
        """Show how far a page is."""
        share = watch.cells_done / max(1, watch.cells)
        self._share(page, share)
        text = f"{page.stem}, cell {min(watch.cells_done + 1, watch.cells)} of {watch.cells}"
        if watch.training:
            share = watch.training["done"] / max(1, watch.training["total"])
            text = f"{page.stem}, {watch.training['label']}"
        bar = self.bars[page.stem]
        self.progress.update(bar, description=text, completed=min(1.0, share))
        if self.plain and time.time() - self.heard[page.stem] > HEARTBEAT:
            self.heard[page.stem] = time.time()
            self.say(f"  {text}, {share:.0%}")

    def end(self, page: Page, text: str) -> None:
        """Take a page's bar away and say how it ended."""
        self.progress.remove_task(self.bars.pop(page.stem))
        self.say(f"{page.stem}: {text}")
        self._share(page, 1.0)

    def _share(self, page: Page, share: float) -> None:
        self.shares[page.stem] = share
        done = sum(share * self.minutes[stem] for stem, share in self.shares.items())
        self.progress.update(self.overall, completed=done)
