"""Versions of a model on a hub: publish, list, compare, and go back to an older one.

A version never changes again. Every function here takes the client of `huggingface_hub`: the local
hub and huggingface.co differ in address and token only. What fetches a version is
`helpers.predictor.fetch.locate`, as for everybody else.
"""

import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from helpers.predictor.checksums import verify_checksums
from helpers.predictor.environment import HubSettingsError, hub_settings, is_offline
from helpers.predictor.fetch import locate
from helpers.sharing import comparison
from helpers.sharing.cards import check_card

VERSION = re.compile(r"v(0|[1-9]\d*)\.(0|[1-9]\d*)(?:\.(0|[1-9]\d*))?")


class SharingError(ValueError):
    """A name or a version that cannot be published or found; the message says why."""


def connect(endpoint: str | None = None, token: str | None = None) -> Any:
    """Return a `huggingface_hub.HfApi` for a hub; by default the one the environment names.

    Raises HubSettingsError for settings that cannot be meant, HF_HUB_OFFLINE among them.
    """
    from huggingface_hub import HfApi

    hub, shown = hub_settings(endpoint, token)
    if is_offline():
        raise HubSettingsError(
            "HF_HUB_OFFLINE keeps the client from every hub, even from one on this machine. Unset "
            "it and start again."
        )
    return HfApi(endpoint=hub, token=shown)


def parse_version(version: str) -> tuple[int, int, int]:
    """Return (major, minor, patch) of a version like v1.0 or v1.0.2. Raises SharingError."""
    match = VERSION.fullmatch(version)
    if not match:
        raise SharingError(f"{version!r} is no version. Write it like v1.0 or v1.0.2.")
    major, minor, patch = (int(number or 0) for number in match.groups())
    return major, minor, patch


def published(repo_id: str, *, api: Any) -> list[str]:
    """Return the published versions of a model, oldest first; none for a model not there."""
    if not api.repo_exists(repo_id):
        return []
    tags = [ref.name for ref in api.list_repo_refs(repo_id).tags]
    return sorted((tag for tag in tags if VERSION.fullmatch(tag)), key=parse_version)


def publish(bundle: Path, repo_id: str, version: str, *, api: Any, changelog: str = "") -> str:
    """Put a verified bundle on a hub as a new version; return the address of its commit.

    The repository then holds the files of this bundle and no others, and the tag `version` names
    that state for good. Raises SharingError for a version that is malformed, published already or
    lower than the latest, CardError for an invalid card and BundleError for a bundle whose
    checksums do not hold.
    """
    verify_checksums(bundle)
    check_card((bundle / "README.md").read_text(encoding="utf-8"))
    parse_version(version)
    there = published(repo_id, api=api)
    if version in there:
        raise SharingError(
            f"{repo_id} {version} is published already and versions never change. "
            f"Take the next one after {there[-1]}."
        )
    if there and parse_version(version) < parse_version(there[-1]):
        raise SharingError(
            f"{version} is lower than the latest, {there[-1]}. Take a higher version; "
            "to go back to an older state, use `rollback`."
        )
    api.create_repo(repo_id, repo_type="model", exist_ok=True)
    return _commit_version(bundle, repo_id, version, api=api, message=changelog or version)


def _commit_version(bundle: Path, repo_id: str, version: str, *, api: Any, message: str) -> str:
    title, _, description = message.strip().partition("\n")
    commit = api.upload_folder(
        folder_path=bundle,
        repo_id=repo_id,
        commit_message=title.lstrip("# "),  # a changelog opens with a heading
        commit_description=description.strip(),
        delete_patterns="*",  # what the bundle does not hold goes
    )
    # the tag names the commit, not whatever the branch has become in the meantime
    api.create_tag(repo_id, tag=version, revision=commit.oid, tag_message=message)
    return str(commit.commit_url)


def rollback(repo_id: str, version: str, *, api: Any) -> str:
    """Make an older version the newest state again; return the address of the commit.

    History stays: this is one more commit with the old files. Tags do not move.
    """
    if version not in published(repo_id, api=api):
        raise SharingError(f"{repo_id} has no version {version}.")
    with tempfile.TemporaryDirectory() as folder:
        place = {"endpoint": api.endpoint, "token": api.token or None}
        bundle, _ = locate(repo_id, version, folder=Path(folder) / "bundle", **place)
        shutil.rmtree(bundle / ".cache", ignore_errors=True)  # the client's notes
        commit = api.upload_folder(
            folder_path=bundle,
            repo_id=repo_id,
            commit_message=f"Back to {version}",
            delete_patterns="*",
        )
    return str(commit.commit_url)


def compare(repo_id: str, old: str, new: str, *, api: Any) -> dict[str, list[Any]]:
    """Set two versions side by side.

    Returns {"metrics": rows of {"name", "old", "new", "difference"}, "files": the same in bytes,
    "config" and "card": the lines of a unified diff}. Metrics are the numbers of `metrics.json`;
    what a version lacks is None.
    """

    def both(name: str) -> tuple[str | None, str | None]:
        return _read(repo_id, old, name, api=api), _read(repo_id, new, name, api=api)

    sizes = [
        {f.path: f.size for f in api.list_repo_tree(repo_id, revision=r, recursive=True)}
        for r in (old, new)
    ]
    return {
        "metrics": comparison.side_by_side(*map(comparison.read_numbers, both("metrics.json"))),
        "files": comparison.side_by_side(*sizes),
        "config": comparison.changed_lines(*both("config.json"), context=1),
        "card": comparison.changed_lines(*both("README.md"), context=1),
    }


def _read(repo_id: str, revision: str, name: str, *, api: Any) -> str | None:
    from huggingface_hub.errors import EntryNotFoundError

    try:
        path = api.hf_hub_download(repo_id, name, revision=revision)
    except EntryNotFoundError:
        return None
    return Path(path).read_text(encoding="utf-8")
