"""Errors for a reader: one line that says what is wrong and what to do, and no traceback."""


class PlainError(Exception):
    """An error whose message says everything; JupyterLab shows it without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]  # IPython asks for this


class DataError(PlainError, ValueError):
    """Data cannot be used as it is; the message says what to do."""


class FileError(DataError):
    """A file is missing, of an unknown kind, or not readable as that kind."""
