"""Pages executed by the runner in the smoke profile, in a workspace of their own."""

import os
import subprocess
import sys
from pathlib import Path

from helpers.stages import tasks


def execute(home: Path, task: str, pages: str) -> subprocess.CompletedProcess:
    """Return the runner's answer, after it executed pages of a task in a workspace of their own."""
    environment = {**os.environ, "SLM_HOME": str(home), "SOURCE": "package", "TASK": task}
    for name in ("HF_TOKEN", "HF_ENDPOINT", "PUBLISH"):  # no test reaches anybody's account
        environment.pop(name, None)
    command = [sys.executable, "-m", "helpers.runner", "--profile", "smoke", "--pages", pages]
    # one page at a time: the other core has the other tests
    done = subprocess.run(
        [*command, "--workers", "1", "--seed", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    folder = home / "artifacts" / "smoke" / tasks.task_name(task)
    done.home, done.environment, done.executed = home, environment, folder / "executed"
    return done
