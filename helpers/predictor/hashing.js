// The tokenizer of hashing.py in JavaScript: text to a row of hashes, without a vocabulary.
export const LONGEST_TEXT = 16384; // bytes, as texts.py says
const RADIX = 0x01000193, JOIN = 0x9e3779b1, TAIL = 0x7f4a7c15;

const isSpace = (b) => b <= 32;
const isWord = (b) =>
  (b >= 97 && b <= 122) || (b >= 48 && b <= 57) || b === 39 || b >= 128;

function mix(h) {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return Math.max((h ^ (h >>> 16)) & 0x7fffffff, 1);
}

export function hashWords(text) {
  const bytes = new TextEncoder()
    .encode(text.replaceAll("<br />", " "))
    .subarray(0, LONGEST_TEXT)
    .map((b) => (b >= 65 && b <= 90 ? b + 32 : b));
  const words = [];
  for (let i = 0; i < bytes.length; ) {
    if (isSpace(bytes[i])) { i++; continue; }
    let h = 0, power = 1;
    const inWord = isWord(bytes[i]);
    do {
      h = (h + Math.imul(bytes[i++], power)) | 0;
      power = Math.imul(power, RADIX);
    } while (inWord && i < bytes.length && isWord(bytes[i]));
    words.push(h);
  }
  return words;
}

// n-grams of one to `longest` words, as hashes
function chains(words, longest) {
  const all = [...words];
  let chain = words;
  for (let n = 1; n < longest && n < words.length; n++) {
    chain = chain.slice(0, -1).map((h, i) => (Math.imul(h, JOIN) + words[i + n]) | 0);
    all.push(...chain);
  }
  return all;
}

// Int32Array: the words in order, if asked for, then the distinct n-grams, sorted; both padded
// with zeros.
export function encode(text, { max_words = 800, longest = 3, tail = 40, with_words = false } = {}) {
  const words = hashWords(text);
  const ngrams = new Set(chains(words.slice(0, max_words), longest).map(mix));
  if (tail) chains(words.slice(-tail), 2).forEach((h) => ngrams.add(mix((h + TAIL) | 0)));
  const first = with_words ? max_words : 0;
  const row = new Int32Array(first + max_words * longest + 2 * tail);
  row.set(words.slice(0, first).map(mix));
  row.set(Int32Array.from(ngrams).sort(), first);
  return row;
}
