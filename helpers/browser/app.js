// The page: a text in, a verdict and the words behind it out, at every pause of the typing.
import { fetchFile, influences, measure, openBundle, pieces } from "./classifier.js";
import { LONGEST_TEXT } from "./hashing.js";

const PAUSE = 80; // milliseconds without a key before the model is asked
const FAINT = 0.05; // changes of the log-odds below this are not shown
const PLAIN = 1 / 8; // nor marked below this part of the strongest one
const TOP = 6; // words listed for and against a label
const HIGHEST = 5; // labels listed, and one line for all others
const UNKNOWN = { lang: "" }; // the language of texts and labels: not the page's

const $ = (id) => document.getElementById(id);
const signed = (x) => `${x < 0 ? "\u2212" : "+"}${Math.abs(x).toFixed(2)}`;
const percent = (p) =>
  p > 0.995 ? "over 99 %" : p < 0.005 ? "under 1 %" : `${Math.round(100 * p)} %`;

function element(tag, text, attributes = {}) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.textContent = text; // texts are shown, never read as HTML
  return made;
}

// A label may be of any script and direction: what stands around it keeps its own.
const isolated = (text, attributes = {}) => element("bdi", text, { ...UNKNOWN, ...attributes });

// The numbers of the labels, the most probable first, and how many of them are the answer.
function rank({ several }, probabilities) {
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  return [order, several ? order.filter((i) => probabilities[i] >= 0.5).length : 1];
}

function showVerdict({ labels, several }, probabilities, order, given) {
  const parts = order.slice(0, given).flatMap((i, place) => [
    place ? "; " : "",
    isolated(labels[i]),
    ", ",
    element("span", percent(probabilities[i]), { className: "number" }),
  ]);
  say(...(given ? parts : ["none of the labels"]));

  let count = Math.max(HIGHEST, given);
  if (labels.length === count + 1) count++; // the line "1 other" would take the same room
  const rows = order
    .slice(0, count)
    .map((i, place) => bar(isolated(labels[i]), probabilities[i], place < given));
  const others = order.slice(count).map((i) => probabilities[i]);
  if (others.length) {
    const name = element("span", `${others.length} others`);
    const sum = others.reduce((a, b) => a + b, 0);
    // each label of several has a probability of its own: their sum would mean nothing
    const says = several ? `each under ${Math.floor(100 * others[0]) + 1} %` : percent(sum);
    rows.push(bar(name, several ? others[0] : sum, false, says));
  }
  $("labels").replaceChildren(...rows);
}

function say(...parts) {
  const words = element("output", "");
  words.append(...parts);
  if ($("verdict").textContent === words.textContent) return; // said once
  $("verdict").replaceChildren(...words.childNodes);
}

function bar(name, probability, isAnswer, says = percent(probability)) {
  const row = element("li", "", { className: isAnswer ? "answer" : "" });
  const line = element("i", "");
  line.style.setProperty("--part", `${100 * probability}%`);
  row.append(name, element("span", says, { className: "number" }), line);
  return row;
}

// What the dashed words say. Of two labels, what speaks against one speaks for the other.
function against({ labels, several }, label, name) {
  return labels.length === 2 && !several
    ? ["for ", isolated(labels[1 - label])]
    : ["against ", name];
}

function mark(word, change, strongest, label) {
  const side = change > 0 ? "for" : "against";
  const strength = Math.min(3, Math.ceil((3 * Math.abs(change)) / strongest));
  const title = `${word}: ${signed(change)}, speaks ${side} ${label}`;
  return element("mark", word, { className: `${side} strength-${strength}`, title });
}

function showWords(config, text, label, changes) {
  const strongest = Math.max(FAINT, ...[...changes.values()].map(Math.abs));
  $("reading").replaceChildren(
    ...pieces(text, changes).map(([piece, change]) =>
      Math.abs(change) < Math.max(FAINT, PLAIN * strongest)
        ? piece
        : mark(piece, change, strongest, config.labels[label]),
    ),
  );
  const name = () => isolated(config.labels[label]);
  document.querySelectorAll(".the-label").forEach((place) => place.replaceChildren(name()));
  $("dashed").replaceChildren(...against(config, label, "it"));
  $("against-heading").replaceChildren(...against(config, label, name()));
  for (const [side, sign] of [["for", 1], ["against", -1]]) {
    const words = [...changes].filter(([, change]) => sign * change >= FAINT);
    words.sort((a, b) => sign * (b[1] - a[1]));
    const rows = words.slice(0, TOP).map(([word, change]) => {
      const row = element("li", "");
      row.append(isolated(word), element("span", signed(change), { className: "number" }));
      return row;
    });
    $(`top-${side}`).replaceChildren(...(rows.length ? rows : [element("li", "none")]));
  }
}

function showTask({ labels, several }) {
  const count = element("b", `${labels.length} labels`);
  const [first, second] = labels.map((label) => isolated(label, { className: "name" }));
  $("task").replaceChildren(
    ...(several
      ? ["It reads a text and decides which of ", count, " it has: one, several or none."]
      : labels.length === 2
        ? ["It reads a text and decides between ", first, " and ", second, "."]
        : ["It reads a text and decides between ", count, "."]),
  );
  $("half").hidden = !several;
  $("labels").classList.toggle("several", Boolean(several));
  $("count").textContent = labels.length;
  $("names").replaceChildren(
    ...labels.map((label) => {
      const row = element("li", "");
      row.append(isolated(label));
      return row;
    }),
  );
}

function showFacts({ config, card, metrics, tokenizer, bytes }, page) {
  document.title = `${config.name}: a model in your browser`;
  const row = metrics.interval ? metrics : null;
  const right = config.several ? " with all labels right" : "";
  const facts = {
    model: config.name,
    version: page.version ?? "not published yet",
    size: `${bytes.toLocaleString("en")} bytes`,
    accuracy: row
      ? `${(100 * row.accuracy).toFixed(1)} % on ${row.n.toLocaleString("en")} test texts` +
        `${right} (95 % interval ${row.interval.map((x) => (100 * x).toFixed(1)).join(" to ")})` +
        (page.beside_accuracy ?? "")
      : "see the card",
    reads: `the first ${tokenizer.max_words} words and marks, and the last ${tokenizer.tail}`,
    runtime: page.runtime,
  };
  for (const [id, fact] of Object.entries(facts)) $(id).textContent = fact;
  const limits = card.split(/^## Limits$/m)[1]?.split(/^## /m)[0].match(/^- .+$/gm);
  $("limits").replaceChildren(
    ...(limits ?? ["- The card names none."]).map((limit) =>
      element("li", limit.slice(2).replaceAll("`", "")), // code in Markdown, marks in plain text
    ),
  );
  $("card").textContent = card.replace(/^---\n[^]*?\n---\n+/, "");
}

function showExamples(examples, choose) {
  if (examples.length) $("text-hint").textContent = "Write, paste, or take one of these:";
  $("examples").replaceChildren(
    ...examples.map((text) => {
      const button = element("button", text, { type: "button", dir: "auto", ...UNKNOWN });
      button.addEventListener("click", () => choose(text));
      return button;
    }),
  );
}

async function start() {
  const page = await (await fetchFile(new URL("page.json", document.baseURI))).json();
  const bundle = await openBundle(new URL("model/", document.baseURI));
  const { config } = bundle;
  let turn = 0;

  async function answer() {
    const mine = ++turn;
    const isStale = () => mine !== turn;
    const text = $("text").value.replaceAll("<br />", "\n");
    $("too-long").hidden = new TextEncoder().encode(text).length <= LONGEST_TEXT;
    $("words").hidden = !text.trim();
    if (!text.trim()) {
      $("labels").replaceChildren();
      return say("Type or choose a text.");
    }
    const probabilities = await bundle.predict(text);
    if (isStale()) return;
    const [order, given] = rank(config, probabilities);
    showVerdict(config, probabilities, order, given);
    const changes = await influences(bundle, text, order[0], isStale);
    if (isStale()) return;
    showWords(config, text, order[0], changes);
    const microseconds = await measure(bundle, text);
    if (!isStale()) $("time").textContent = `${Math.round(microseconds)} µs, mean of 50`;
  }

  const attempt = () => answer().catch(fail);
  let timer;
  $("text").addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(attempt, PAUSE);
  });
  showTask(config);
  showFacts(bundle, page);
  showExamples(page.examples, (text) => {
    $("text").value = text;
    attempt();
  });
  $("longest").textContent = LONGEST_TEXT.toLocaleString("en");
  $("text").maxLength = LONGEST_TEXT; // in characters: of one byte or more
  $("text").disabled = false;
  $("problem").hidden = true;
  document.body.dataset.state = "ready";
  await attempt();
}

function fail(error) {
  console.error(error);
  $("problem").textContent = `The model cannot be used. ${error.message}`;
  $("problem").hidden = false;
  $("verdict").textContent = "No model.";
  $("text").disabled = true;
  document.body.dataset.state = "failed";
}

start().catch(fail);
