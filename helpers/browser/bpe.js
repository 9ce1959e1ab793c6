// Byte-level BPE (Radford et al., 2019) from a `tokenizer.json` as helpers/writer/tokens.py makes
// it: text to token ids and back. What the library `tokenizers` gives in Python, this gives here, on
// every character that the Unicode versions of both know.

// Words of letters or of digits, and runs of marks, each with the space before it; other spaces.
const PIECE =
  /'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;
const encoder = new TextEncoder();

// In the file a byte is written as a character: itself where it can be seen, else one from 256 on.
const BYTE_OF = new Map();
for (let byte = 0, other = 256; byte < 256; byte++) {
  const seen = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  BYTE_OF.set(String.fromCharCode(seen ? byte : other++), byte);
}

const longerFirst = (a, b) => b.length - a.length;
const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

// Open a parsed `tokenizer.json`: {encode, decode, stream, special, size}.
//   encode(text)   an array of ids; special tokens are never among them, whatever the text says
//   decode(ids)    their text; special tokens are left out, broken characters become U+FFFD
//   stream()       {feed, end}: the text of one id after the other, never half a character
//   bytes          of each token, by id; special tokens have none
//   special        ids of the special tokens by name, such as special["<|end|>"]
export function openTokenizer({ model, added_tokens, normalizer, pre_tokenizer }) {
  const { type, add_prefix_space, use_regex } = pre_tokenizer ?? {};
  const known = type === "ByteLevel" && !add_prefix_space && use_regex && !normalizer;
  if (!known || model.type !== "BPE") {
    throw new Error("This tokenizer.json is no byte-level BPE. Make one with the page on writing.");
  }
  const { vocab } = model;
  const size = Math.max(...Object.values(vocab), ...added_tokens.map(({ id }) => id)) + 1;
  const marks = added_tokens.filter((token) => token.special);
  const special = Object.fromEntries(marks.map(({ content, id }) => [content, id]));
  const whole = new Map(); // texts that are one token, whatever they are made of
  for (const { content, id, special } of added_tokens) if (!special) whole.set(content, id);
  const cut = whole.size && new RegExp([...whole.keys()].sort(longerFirst).map(literal).join("|"), "g");
  const bytesOf = new Array(size).fill(new Uint8Array()); // of an id
  for (const [token, id] of Object.entries(vocab)) {
    if (Object.hasOwn(special, token) || whole.has(token)) continue;
    bytesOf[id] = Uint8Array.from(token, (c) => BYTE_OF.get(c));
  }
  for (const [content, id] of whole) bytesOf[id] = encoder.encode(content);
  const idOf = new Uint32Array(256); // of a byte
  for (const [character, byte] of BYTE_OF) idOf[byte] = vocab[character];
  const merges = new Map(); // two ids as one number -> [rank, the id they become]
  const pair = (left, right) => left * size + right;
  model.merges.forEach(([left, right], rank) => {
    merges.set(pair(vocab[left], vocab[right]), [rank, vocab[left + right]]);
  });

  // Merge a piece's bytes, the earliest learned pair first; of equal ones the left one.
  function merge(ids) {
    const at = (i) => merges.get(pair(ids[i], ids[i + 1]));
    const found = ids.map((_, i) => at(i));
    for (;;) {
      let best = -1;
      for (let i = 0; i < ids.length - 1; i++) {
        if (found[i] && (best < 0 || found[i][0] < found[best][0])) best = i;
      }
      if (best < 0) return ids;
      ids.splice(best, 2, found[best][1]);
      found.splice(best, 1);
      found[best] = at(best);
      if (best) found[best - 1] = at(best - 1);
    }
  }

  function encode(text) {
    if (!cut) return encodePart(text);
    const ids = [];
    let done = 0;
    for (const { 0: found, index } of text.matchAll(cut)) {
      ids.push(...encodePart(text.slice(done, index)), whole.get(found));
      done = index + found.length;
    }
    return [...ids, ...encodePart(text.slice(done))];
  }

  function encodePart(text) {
    const pieces = text.match(PIECE) ?? [];
    return pieces.flatMap((piece) => merge(Array.from(encoder.encode(piece), (b) => idOf[b])));
  }

  function stream() {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    return {
      feed: (id) => decoder.decode(bytesOf[id], { stream: true }),
      end: () => decoder.decode(), // what a broken character left, as U+FFFD
    };
  }

  function decode(ids) {
    const { feed, end } = stream();
    return Array.from(ids, feed).join("") + end();
  }

  return { encode, decode, stream, special, size, bytes: bytesOf };
}
