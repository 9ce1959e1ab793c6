"""Write a page that runs a bundle in the browser: `python -m helpers.browser BUNDLE FOLDER`."""

import argparse
import sys
from pathlib import Path

from helpers.browser import BrowserError, export_page
from helpers.predictor.environment import HubSettingsError
from helpers.predictor.fetch import PullError, locate
from helpers.predictor.runtime import BundleError


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0, or 2 with one line on standard error when it cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m helpers.browser", description=__doc__)
    parser.add_argument("bundle", help="a bundle folder, or owner/name on a hub")
    parser.add_argument("folder", type=Path, help="where to write the page")
    parser.add_argument("--version", help="the bundle's version, to be shown")
    options = parser.parse_args(arguments)
    try:
        bundle, version = Path(options.bundle), options.version
        if not bundle.is_dir():
            bundle, version = locate(options.bundle, version, format="litert")
        folder = export_page(bundle, options.folder, version=version)
    except (BrowserError, BundleError, HubSettingsError, PullError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{folder} is ready. To look at it on http://127.0.0.1:8000:")
    print(f"python -m http.server --bind 127.0.0.1 --directory {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
