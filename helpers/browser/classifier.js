// A bundle in the browser: its files are verified, then LiteRT answers from them, in this page.
import { Tensor, loadAndCompile, loadLiteRt } from "./litert/core.js";
import { encode } from "./hashing.js";

const here = (path) => new URL(path, import.meta.url);
const pause = () => globalThis.scheduler?.yield?.() ?? new Promise((done) => setTimeout(done));
const SLICE = 12; // milliseconds of work between two looks at the keyboard

// The tokenizer's words, marks left out. `<br />` is a space to it.
const WORD = /[A-Za-z0-9'\u0080-\uffff]+/g;
const BLANK = "\u25a1"; // a word of its own that no table holds
const lower = (word) => word.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
const logOdds = (p) => Math.log(Math.max(p, 1e-7) / Math.max(1 - p, 1e-7));

export class BundleError extends Error {}

let runtime; // one for the page

// Load the bundle in a folder: {config, card, metrics, bytes, tokenizer, predict}.
// `predict(text)` gives the probability of the second label.
export async function openBundle(folder) {
  runtime ??= startRuntime();
  const read = await verifiedReader(folder);
  const text = async (name) => new TextDecoder().decode(await read(name));
  const config = JSON.parse(await text("config.json"));
  const [tokenizer, metrics] = await Promise.all(
    [config.tokenizer, "metrics.json"].map(async (name) => JSON.parse(await text(name))),
  );
  const [file, card] = await Promise.all([read(config.models.litert), text("README.md")]);
  await runtime;
  const model = await loadAndCompile(file, { accelerator: "wasm" });
  const shape = model.getInputDetails()[0].shape;
  if (encode("", tokenizer).length !== shape[1]) {
    throw new BundleError("The tokenizer's rows do not fit the model. Make the bundle again.");
  }

  async function predict(text) {
    const row = new Tensor(encode(text, tokenizer), [...shape]);
    const [answer] = await model.run(row);
    const probability = answer.toTypedArray()[0];
    row.delete(); // memory of the runtime is not collected by JavaScript
    answer.delete();
    return probability;
  }
  return { config, card, metrics, tokenizer, bytes: file.length, predict };
}

// Which words drive the answer: each different word is blanked out, wherever it occurs, and the
// log-odds of the second label are compared. A blank keeps the places of the others, so that no
// other word moves into what the model reads. Gives a Map from word to change, above zero where
// the word speaks for the second label, or null as soon as `isStale()`.
export async function influences(bundle, text, isStale = () => false) {
  const whole = logOdds(await bundle.predict(text));
  const changes = new Map();
  let begin = performance.now();
  for (const word of new Set((text.match(WORD) ?? []).map(lower))) {
    const rest = text.replace(WORD, (other) => (lower(other) === word ? BLANK : other));
    changes.set(word, whole - logOdds(await bundle.predict(rest)));
    if (performance.now() - begin > SLICE) {
      await pause();
      if (isStale()) return null;
      begin = performance.now();
    }
  }
  return changes;
}

// Cut a text into [piece, change] for display; change is 0 between words.
export function pieces(text, changes) {
  const cut = [];
  let end = 0;
  for (const { 0: word, index } of text.matchAll(WORD)) {
    cut.push([text.slice(end, index), 0], [word, changes.get(lower(word)) ?? 0]);
    end = index + word.length;
  }
  return [...cut, [text.slice(end), 0]].filter(([piece]) => piece);
}

// Microseconds a prediction takes from raw text, the mean of many: a browser's clock is coarse.
export async function measure(bundle, text, times = 50) {
  const begin = performance.now();
  for (let i = 0; i < times; i++) await bundle.predict(text);
  return (1000 * (performance.now() - begin)) / times;
}

export async function fetchFile(address) {
  const answer = await fetch(address, { cache: "no-cache" }); // not the one of an older bundle
  if (!answer.ok) {
    throw new BundleError(`${address.pathname} cannot be fetched (status ${answer.status}).`);
  }
  return answer;
}

// Give a function that reads a file of the bundle only if its SHA-256 is the listed one. This
// finds damage and mixed-up files; whoever can change every file can change the list too.
async function verifiedReader(folder) {
  if (!globalThis.crypto?.subtle) {
    throw new BundleError("Checksums need a secure page: open it over https or on localhost.");
  }
  const list = await (await fetchFile(new URL("checksums.sha256", folder))).text();
  const expected = new Map(list.trim().split("\n").map((line) => line.split("  ").reverse()));
  return async (name) => {
    if (!expected.has(name)) {
      throw new BundleError(`${name} has no checksum: it is not opened.`);
    }
    const bytes = await (await fetchFile(new URL(name, folder))).arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (hex !== expected.get(name)) {
      throw new BundleError(`${name} was altered: it is not opened. Fetch the bundle again.`);
    }
    return new Uint8Array(bytes);
  };
}

// The program is stored packed, a third of its size, and unpacked here while it arrives.
async function startRuntime() {
  if (!globalThis.DecompressionStream) {
    throw new BundleError("This browser is too old to unpack the program. Update it.");
  }
  const { body } = await fetchFile(here("litert/runtime.wasm.gzip"));
  const unpacked = body.pipeThrough(new DecompressionStream("gzip"));
  const headers = { "Content-Type": "application/wasm" };
  const program = await WebAssembly.compileStreaming(new Response(unpacked, { headers }));
  globalThis.Module = {
    instantiateWasm(imports, done) {
      WebAssembly.instantiate(program, imports).then((instance) => done(instance, program));
    },
    printErr: (line) => console.debug(line), // its log, which is no error
  };
  await loadLiteRt(here("litert/runtime.js").href);
}
