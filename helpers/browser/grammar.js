// Calls and their grammar, as helpers/predictor/calls.py and grammar.py have them: the same pieces
// of what was said, and at every step the same tokens.

// One Chinese character, a number, a run of letters, or any other mark; spaces are Python's.
const PIECE =
  /[\u3400-\u9fff]|\p{Nd}+(?:[.,]\p{Nd}+)?|(?:(?![\u3400-\u9fff])[\p{L}\p{Nl}\p{No}])+|[^\p{White_Space}\x1c-\x1f]/gu;
const UNSAID = new Set('.,!?;:…"“”„«»¿¡。，！？；：、（）()[]{}<>|\\');
const END = -1; // in a tree of bytes: where a way leads, or the tokens that end here
const [QUOTE, BLANK, NEWLINE] = [34, 32, 10];
const START = "start";
const DONE = "done";
const encoder = new TextEncoder();

// The pieces of a text with their places: [{piece, start, end}].
function places(text) {
  return [...text.matchAll(PIECE)].flatMap(({ 0: match, index }) => {
    let piece = match.replace(/[’‘ʼ]/g, "'");
    if (UNSAID.has(piece)) return [];
    piece = /^\p{Nd}/u.test(piece) ? piece.replaceAll(",", ".") : piece.toLowerCase();
    return [{ piece, start: index, end: index + match.length }];
  });
}

// A text as the model reads it: a space before each of its pieces.
export function spaced(text) {
  return places(text.normalize("NFC")).map(({ piece }) => ` ${piece}`).join("");
}

// The call that an answer is; what was copied, as the user of these messages spelled it.
export function read(answer, messages) {
  const call = JSON.parse(answer);
  const said = messages
    .filter(({ role }) => role === "user")
    .map(({ content }) => content.normalize("NFC"));
  for (const [name, value] of Object.entries(call.arguments)) {
    if (typeof value === "string") call.arguments[name] = respelled(value, said);
  }
  return call;
}

function respelled(value, said) {
  if (!value.startsWith(" ")) return value;
  const wanted = value.trim().split(/\s+/);
  for (const text of [...said].reverse()) {
    const found = places(text);
    for (let i = 0; i + wanted.length <= found.length; i++) {
      if (wanted.every((word, k) => found[i + k].piece === word)) {
        return text.slice(found[i].start, found[i + wanted.length - 1].end);
      }
    }
  }
  return value.trim();
}

// A number as Python writes it with `:g`, in the ranges of functions.
const plain = (number) => String(Number(number.toPrecision(6)));

// A value as `json.dumps` writes it.
const json = (value) => JSON.stringify(value);

// All values of an enumeration or a range, as JSON.
function listed(kind) {
  if (kind.enum) return kind.enum.map(json);
  const step = kind.multipleOf ?? 1;
  const count = Math.trunc((kind.maximum - kind.minimum) / step);
  return Array.from({ length: count + 1 }, (_, i) => ` ${plain(kind.minimum + i * step)}`);
}

function put(tree, written, target) {
  for (const byte of written) {
    if (!tree.has(byte)) tree.set(byte, new Map());
    tree = tree.get(byte);
  }
  if (!tree.has(END)) tree.set(END, target);
  return tree.get(END);
}

// The calls of a list of functions, for a vocabulary: `bytes` of each token, `end` of an answer.
export function openGrammar(tools, bytes, end) {
  const functions = tools.map((tool) => tool.function);
  const trees = new Map();
  const masks = new Map(); // of states that are the same in every conversation
  const tokens = new Map();
  bytes.forEach((written, token) => written.length && put(tokens, written, []).push(token));

  // The strings that lead on from a point, each with where it ends.
  function ways(point) {
    if (point === DONE) return [];
    if (point === START) {
      const lead = ({ name }) => `{"name":"${name}","arguments":{`;
      return functions.map((each, i) => [lead(each), `${i} 0 0`]);
    }
    const [number, first, begun] = point.split(" ").map(Number);
    const { properties, required = [] } = functions[number].parameters;
    const found = [];
    for (const [i, [name, schema]] of Object.entries(properties).entries()) {
      if (i < first) continue;
      const lead = `${begun ? "," : ""}"${name}":`;
      const then = `${number} ${i + 1} 1`;
      for (const kind of schema.anyOf ?? [schema]) {
        if (kind.type === "string" && !kind.enum) found.push([`${lead}"`, { copy: then }]);
        else found.push(...listed(kind).map((value) => [lead + value, then]));
      }
      if (required.includes(name)) return found;
    }
    return [...found, ["}}", DONE]];
  }

  function tree(point) {
    if (!trees.has(point)) {
      const root = new Map();
      for (const [way, target] of ways(point)) put(root, encoder.encode(way), target);
      trees.set(point, root);
    }
    return trees.get(point);
  }

  // An answer in the making: only() is the token that must come, or null; narrow(logits) strikes
  // out what must not; add(token) takes one. `text` is what may be copied, as `spaced` writes it.
  function begin(text) {
    const said = encoder.encode(text);
    const starts = [...said.keys()].filter((p) => said[p] === BLANK);
    let copied = false;
    let state = tree(START);

    const entered = (target) =>
      target.copy ? { then: target.copy, at: starts, begun: false } : tree(target);

    function step(state, byte) {
      if (state instanceof Map) {
        const next = state.get(byte);
        if (!next) {
          // where a way ends and a longer one goes on, the byte decides
          return state.has(END) ? step(entered(state.get(END)), byte) : null;
        }
        return next.size === 1 && next.has(END) ? entered(next.get(END)) : next;
      }
      copied = true;
      const { then, at, begun } = state;
      if (byte === QUOTE) {
        const ends = at.some((p) => p === said.length || [BLANK, NEWLINE].includes(said[p]));
        return begun && ends ? tree(then) : null;
      }
      const moved = at.filter((p) => said[p] === byte).map((p) => p + 1);
      return moved.length && byte !== NEWLINE ? { then, at: moved, begun: true } : null;
    }

    function next(state) {
      if (state instanceof Map) {
        const own = [...state.keys()].filter((byte) => byte !== END);
        return state.has(END) ? [...own, ...next(entered(state.get(END)))] : own;
      }
      copied = true;
      return [...state.at.filter((p) => p < said.length).map((p) => said[p]), QUOTE];
    }

    function reach(node, state, found) {
      found.push(...(node.get(END) ?? []));
      const some = node.size < 8 ? node.keys() : new Set(next(state));
      for (const byte of some) {
        if (byte === END || !node.has(byte)) continue;
        const after = step(state, byte);
        if (after) reach(node.get(byte), after, found);
      }
      return found;
    }

    function allowed() {
      if (masks.has(state)) return masks.get(state);
      copied = false;
      const found = state === tree(DONE) ? [end] : reach(tokens, state, []);
      if (state instanceof Map && !copied) masks.set(state, found);
      return found;
    }

    return {
      allowed,
      only: () => (allowed().length === 1 ? allowed()[0] : null),
      narrow(logits) {
        const kept = allowed().map((token) => [token, logits[token]]);
        logits.fill(-Infinity);
        for (const [token, value] of kept) logits[token] = value;
      },
      add(token) {
        for (const byte of bytes[token]) state = step(state, byte);
      },
    };
  }

  return { begin };
}
