"""Make the folder with the page, and embed the served page in a notebook."""

import base64
import gzip
import html
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helpers.predictor import hashing
from helpers.predictor.checksums import verify_checksums
from helpers.predictor.runtime import WRITER, of_other_formats, read_config
from helpers.stages import workspace
from helpers.stages.results import always_the_larger, needs_macro_f1
from helpers.system import files

HERE = Path(__file__).parent
SHARED = ("style.css", "icon.svg", "bundle.js")
PAGE = ("index.html", "app.js", "classifier.js")
WRITER_PAGE = ("writer-app.js", "writer.js", "steps.js", "bpe.js", "sampling.js", "grammar.js")
PICTURE = HERE / "picture.png"
ALWAYS = ("config.json", "metrics.json", "README.md")  # of a bundle, beside tokenizer and model
FILMS = "stanfordnlp/imdb"  # the data set that a card names whose model the films below suit
EXAMPLES = (
    "A quiet, tender film. The two leads are wonderful and the ending moved me to tears.",
    "Two hours of my life, wasted. The plot is dull, the jokes are worse, the acting is awful.",
    "The first half is great fun and beautifully shot, but the story falls apart and the last "
    "act is a boring mess.",
    "Not bad at all! I expected nothing and had a good time.",
)
# the build for every browser with WebAssembly SIMD: on tables it is as fast as the newer one
BUILD = "litert_wasm_compat_internal"
CHANGED = (
    "// Changed: imports its neighbor by a relative address, so that no import map is needed.\n"
)


class BrowserError(RuntimeError):
    """The page cannot be made; the message says why and what to do."""


def export_page(
    bundle: Path,
    target: Path,
    *,
    version: str | None = None,
    examples: Sequence[str] | None = None,
) -> Path:
    """Write a folder that any static server can serve, whole or not at all.

    Args:
        bundle: a bundle with a LiteRT model: of a classifier with a tokenizer of hashes, or of a
            writer.
        target: the folder; an older page there is replaced, any other folder is left alone.
        version: of the bundle, to be shown.
        examples: texts to choose from. By default the "examples" of the bundle's `config.json`; a
            bundle that has none, trained on film reviews as its card says, gets some about films.

    Raises BundleError for a bundle that is not whole or of an older version, and BrowserError for
    one that a browser cannot run, for a target that is something else, and where npm is missing or
    fails.
    """
    bundle, target = Path(bundle), Path(target).resolve()
    names = _bundle_files(bundle)
    if target.exists() and not (target / "page.json").is_file():
        raise BrowserError(f"{target} exists and is no such page. Choose a folder not yet there.")
    package = npm_package()
    draft = target.with_name(f".draft-{target.name}")
    shutil.rmtree(draft, ignore_errors=True)
    (draft / "model").mkdir(parents=True)
    writes = read_config(bundle).get("kind") == WRITER
    for name in (*SHARED, *(WRITER_PAGE if writes else PAGE)):
        shutil.copyfile(HERE / name, draft / name)
    if writes:
        shutil.copyfile(HERE / "writer.html", draft / "index.html")
    else:
        shutil.copyfile(Path(hashing.__file__).with_suffix(".js"), draft / "hashing.js")
    for name in names:
        shutil.copyfile(bundle / name, draft / "model" / name)
    _write_runtime(package, draft / "litert")
    runtime = "LiteRT.js {}, WebAssembly".format(_pins()["@litertjs/core"])
    texts = _examples(bundle) if examples is None else list(examples)
    facts = {"version": version, "runtime": runtime, "examples": texts}
    facts["beside_accuracy"] = _beside_accuracy(bundle)
    files.write_json(draft / "page.json", facts)
    files.replace_folder(draft, target)
    return target


def _bundle_files(bundle: Path) -> list[str]:
    """Return the names of the files the page needs. Raises as `export_page` does."""
    verified = verify_checksums(bundle, of_other_formats("litert"))
    config = read_config(bundle)
    if "litert" not in config["models"]:
        raise BrowserError(f"{bundle} has no LiteRT model. Export one: notebook 8 shows how.")
    names = [*ALWAYS, config["tokenizer"], config["models"]["litert"]]
    names += [config["functions"]] if config.get("functions") else []
    unlisted = sorted(set(names) - verified)
    if unlisted:
        raise BrowserError(f"{', '.join(unlisted)} in {bundle} has no checksum: it is not shown.")
    if config.get("kind") == WRITER:
        return [*names, "checksums.sha256"]
    tokenizer = hashing.load(bundle / config["tokenizer"])  # refuses one of other rules
    if not isinstance(tokenizer, hashing.HashTokenizer):
        raise BrowserError(
            f"The tokenizer of {bundle} splits into subwords; the page knows hashes of words only. "
            "Take a bundle of notebook 9: pocket, thumbnail or main."
        )
    return [*names, "checksums.sha256"]


def _beside_accuracy(bundle: Path) -> str:
    """Return what stands behind the accuracy: macro-F1, always the same, where these say more."""
    row = json.loads((bundle / "metrics.json").read_text(encoding="utf-8"))
    if "macro_f1" not in row or not needs_macro_f1([row]):
        return ""
    shown = {"macro-F1": row["macro_f1"]}
    if larger := always_the_larger([row]):
        shown[larger["model"]] = larger["accuracy"]
    return "".join(f"; {name}: {100 * share:.1f} %" for name, share in shown.items())


def _examples(bundle: Path) -> list[str]:
    """Return texts that suit a bundle: its own, or some about films if its card says films."""
    texts = read_config(bundle).get("examples", [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise BrowserError(f"The examples in the config.json of {bundle} are no list of texts.")
    front = (bundle / "README.md").read_text(encoding="utf-8").partition("\n---")[0]
    return texts or (list(EXAMPLES) if FILMS in front else [])


def _write_runtime(package: Path, folder: Path) -> None:
    """Write LiteRT.js as the page loads it: relative imports, a packed program."""
    core, utils = package / "core", package / "wasm-utils"
    folder.mkdir()
    code = (core / "dist" / "index.js").read_text(encoding="utf-8")
    bare = '"@litertjs/wasm-utils"'
    if code.count(bare) != 1:
        raise BrowserError("@litertjs/core is not built as it was: adapt helpers/browser to it.")
    code = CHANGED + code.replace(bare, '"./wasm-utils.js"')
    (folder / "core.js").write_text(code, encoding="utf-8")
    shutil.copyfile(utils / "dist" / "index.js", folder / "wasm-utils.js")
    shutil.copyfile(core / "wasm" / f"{BUILD}.js", folder / "runtime.js")
    program = (core / "wasm" / f"{BUILD}.wasm").read_bytes()
    # not .gz: some servers would declare that an encoding, and the page unpacks it itself
    (folder / "runtime.wasm.gzip").write_bytes(gzip.compress(program, mtime=0))
    shutil.copyfile(HERE.parent.parent / "LICENSE", folder / "LICENSE")  # theirs is the same


def npm_package(cache: Path | None = None) -> Path:
    """Return the folder of the @litertjs packages, installed once into `cache`.

    By default that is `data/npm` of the workspace. The versions and the checksums of their
    archives are those of `package-lock.json`; scripts of packages are not run.

    Raises BrowserError where npm is missing or cannot install.
    """
    cache = cache or workspace.root() / "data" / "npm"
    installed = cache / "litert-{}".format(_pins()["@litertjs/core"])
    if not installed.is_dir():
        npm = shutil.which("npm")
        if npm is None:
            raise BrowserError(
                "npm is missing; it fetches what runs the model in the browser. Debian/Ubuntu: "
                "sudo apt install npm; macOS: brew install node; Windows: nodejs.org."
            )
        draft = cache / f".draft-{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        try:
            _install(npm, draft)
            if not installed.is_dir():  # another process may have been faster
                draft.rename(installed)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return installed / "node_modules" / "@litertjs"


def _pins() -> dict[str, str]:
    return json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]


def _install(npm: str, folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(HERE / name, folder / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if result.returncode:
        reason = " ".join(result.stderr.split())[:400]
        raise BrowserError(
            "npm could not install @litertjs/core. It needs the network once; "
            f"then the copy in the workspace is used. It said: {reason}"
        )


def show(url: str, *, picture: Path | None = PICTURE, height: int = 900) -> Any:
    """Embed the served page in a notebook; where it cannot load, its picture stands there.

    Args:
        url: where the folder of `export_page` is served, such as http://127.0.0.1:8000/app/.
        picture: a PNG file of the page, or None.
        height: of the frame, in pixels.
    """
    from IPython.display import HTML

    address = html.escape(url)
    instead = ""
    if picture:
        pixels = base64.b64encode(picture.read_bytes()).decode()
        instead = (
            f'<img src="data:image/png;base64,{pixels}" style="max-width:100%" '
            'alt="A picture of the page: a text, its verdict, and the words behind it marked">'
        )
    return HTML(
        f'<object data="{address}" type="text/html" title="The model in this browser" '
        f'style="width:100%;height:{height}px;border:0">{instead}'
        f'</object><p>Served at <a href="{address}">{address}</a>.</p>'
    )
