// A bundle in the browser: its files are verified, then LiteRT answers from them, in this page.
import { BundleError, SLICE, pause, startRuntime, verifiedReader } from "./bundle.js";
import { RULES, WORD, encode, folded } from "./hashing.js";
import { Tensor, loadAndCompile } from "./litert/core.js";

export { fetchFile } from "./bundle.js";

const BLANK = "\u25a1"; // a word of its own that no table holds
const LEAST = 1e-7; // probabilities below it are no longer told apart

// The places of the tokenizer's words in a text, marks left out: [{start, end, piece}].
const spans = (text) =>
  [...text.matchAll(WORD)].map(({ 0: word, index }) => ({
    start: index,
    end: index + word.length,
    piece: folded(word), // as the tokenizer writes it: equal words are equal
  }));

// Load the bundle in a folder: {config, card, metrics, bytes, tokenizer, predict}.
// `predict(text)` gives a Float32Array with the probability of each label.
export async function openBundle(folder) {
  const runtime = startRuntime();
  const read = await verifiedReader(folder);
  const text = async (name) => new TextDecoder().decode(await read(name));
  const config = JSON.parse(await text("config.json"));
  const [tokenizer, metrics] = await Promise.all(
    [config.tokenizer, "metrics.json"].map(async (name) => JSON.parse(await text(name))),
  );
  const rules = tokenizer.rules ?? 1;
  if (rules !== RULES) {
    const made = rules === 1 ? "version 0.2.0 or older" : "another version";
    throw new BundleError(
      `The tokenizer was made with ${made} of this program: it cuts texts into words by rules ` +
        `${rules}, and this page by rules ${RULES}. Make the bundle again.`,
    );
  }
  const [file, card] = await Promise.all([read(config.models.litert), text("README.md")]);
  await runtime;
  const model = await loadAndCompile(file, { accelerator: "wasm" });
  const shape = model.getInputDetails()[0].shape;
  if (encode("", tokenizer).length !== shape[1]) {
    throw new BundleError("The tokenizer's rows do not fit the model. Make the bundle again.");
  }
  const columns = model.getOutputDetails()[0].shape.at(-1);
  const one = columns === 1 && config.labels.length === 2; // an older file: the second label's
  if (!one && columns !== config.labels.length) {
    throw new BundleError("The model's answers do not fit the labels. Make the bundle again.");
  }

  async function predict(text) {
    const row = new Tensor(encode(text, tokenizer), [...shape]);
    const [answer] = await model.run(row);
    const probabilities = Float32Array.from(answer.toTypedArray()); // a copy that stays
    row.delete(); // memory of the runtime is not collected by JavaScript
    answer.delete();
    return one ? Float32Array.of(1 - probabilities[0], probabilities[0]) : probabilities;
  }
  return { config, card, metrics, tokenizer, bytes: file.length, predict };
}

// The log-odds of a label. Where a text has one label, the others' probabilities are summed: near
// one, that keeps the digits which 1 - p has lost.
function logOdds(probabilities, label, several) {
  const p = probabilities[label];
  const others = () => probabilities.reduce((sum, q, i) => (i === label ? sum : sum + q), 0);
  const rest = several ? 1 - p : others();
  return Math.log(Math.max(p, LEAST) / Math.max(rest, LEAST));
}

// Which words drive the answer: each different word is blanked out, wherever it occurs, and the
// log-odds of a label (by its number) are compared. A blank keeps the places of the others, so that
// no other word moves into what the model reads. Gives a Map from word to change, above zero where
// the word speaks for the label, or null as soon as `isStale()`.
export async function influences(bundle, text, label, isStale = () => false) {
  const odds = async (of) => logOdds(await bundle.predict(of), label, bundle.config.several);
  const whole = await odds(text);
  const places = new Map();
  for (const { start, end, piece } of spans(text)) {
    if (!places.has(piece)) places.set(piece, []);
    places.get(piece).push([start, end]);
  }
  const changes = new Map();
  let begin = performance.now();
  for (const [word, where] of places) {
    changes.set(word, whole - (await odds(blankOut(text, where))));
    if (performance.now() - begin > SLICE) {
      await pause();
      if (isStale()) return null;
      begin = performance.now();
    }
  }
  return changes;
}

function blankOut(text, places) {
  const begins = [0, ...places.map(([, end]) => end)];
  const ends = [...places.map(([start]) => start), text.length];
  return begins.map((begin, i) => text.slice(begin, ends[i])).join(BLANK);
}

// Cut a text into [piece, change] for display; change is 0 between words.
export function pieces(text, changes) {
  const cut = [];
  let done = 0;
  for (const { start, end, piece } of spans(text)) {
    cut.push([text.slice(done, start), 0], [text.slice(start, end), changes.get(piece) ?? 0]);
    done = end;
  }
  return [...cut, [text.slice(done), 0]].filter(([piece]) => piece);
}

// Microseconds a prediction takes from raw text, the mean of many: a browser's clock is coarse.
export async function measure(bundle, text, times = 50) {
  const begin = performance.now();
  for (let i = 0; i < times; i++) await bundle.predict(text);
  return (1000 * (performance.now() - begin)) / times;
}
