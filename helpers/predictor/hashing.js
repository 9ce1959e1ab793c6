// The tokenizer of hashing.py in JavaScript: text to a row of hashes, without a vocabulary.
export const LONGEST_TEXT = 16384; // bytes, as texts.py says
export const RULES = 2; // of tokenizer files, as hashing.py says
const RADIX = 0x01000193, JOIN = 0x9e3779b1, TAIL = 0x7f4a7c15, CHARACTERS = 0x3c6ef372;
const CHARACTERS_A_WORD = 8, SPELLING = 16;

// The tables of texts.py.
const FOLDS = [
  [/[«»“”„‟]/g, '"'],
  [/[‘’‚‛‹›ʼ]/g, "'"],
  [/[‐‑‒–—―−]/g, "-"],
  [/ς/g, "σ"],
  [/[ßẞ]/g, "ss"],
];
const UNSEEN = String.raw`\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180b-\u180f\u200b-\u200f` +
  String.raw`\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb` +
  String.raw`\u{110bd}\u{110cd}\u{13430}-\u{1343f}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}` +
  String.raw`\u{e0001}-\u{e01ef}`;
const SPACELESS =
  String.raw`\u0e01-\u0e4f\u0e5a-\u0ecf\u0eda-\u0eff\u1000-\u103f\u104a-\u108f\u109a-\u109f\u1780-\u17df` +
  String.raw`\u2e80-\u2fdf\u3005-\u3007\u3021-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff` +
  String.raw`\ua9e0-\ua9ef\ua9fa-\ua9ff\uaa60-\uaa7f\uf900-\ufaff` +
  String.raw`\u{1aff0}-\u{1b16f}\u{20000}-\u{3ffff}`;
const PICTURES = String.raw`\u{1f000}-\u{1fbff}`;

// A character of a script without spaces; a word of letters, digits and combining marks, with
// apostrophes between them; any other mark. WORD also finds the words of a text that is not folded
// yet, where characters that nobody sees belong to what they follow.
const ALNUM = String.raw`[\p{L}\p{N}\p{Cn}]`;
const JOINED = String.raw`[\p{M}${UNSEEN}]`;
const SYLLABLE = `(?=[${SPACELESS}])${ALNUM}${JOINED}*`;
const LETTER = `(?![${SPACELESS}${PICTURES}])${ALNUM}`;
const REST = `(?:${LETTER}|${JOINED})*(?:['’]${LETTER}(?:${LETTER}|${JOINED})*)*`;
const OTHER = String.raw`[^\p{Z}\p{Cc}]${JOINED}*`;
export const WORD = new RegExp(`${SYLLABLE}|${LETTER}${REST}`, "gu");
const PIECE = new RegExp(`${SYLLABLE}|(?:${LETTER}|${JOINED})${REST}|${OTHER}`, "gu");
const ASCII_PIECE = /[a-z\d]+(?:'[a-z\d]+)*|[!-~]/g; // the same for most texts, sooner
const HIDDEN = new RegExp(`[${UNSEEN}]`, "gu");
const encoder = new TextEncoder(), bytes = new Uint8Array(LONGEST_TEXT);
const isAscii = (text) => /^[\0-\x7f]*$/.test(text);

function mix(h) {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return Math.max((h ^ (h >>> 16)) & 0x7fffffff, 1);
}

// A text in small letters, where what looks or means the same is the same.
export function folded(text) {
  text = text.replaceAll("<br />", " ");
  if (isAscii(text)) return text.toLowerCase();
  text = text.replace(/[\ud800-\udfff]/gu, "\ufffd").replaceAll("´", "'").normalize("NFKC");
  text = text.toUpperCase().toLowerCase().replaceAll("i\u0307", "i").normalize("NFKC");
  for (const [many, one] of FOLDS) text = text.replace(many, one);
  return text.replace(HIDDEN, "");
}

// The words and marks of a text in order.
export function splitWords(text) {
  text = folded(text);
  text = text.slice(0, encoder.encodeInto(text, bytes).read);
  return text.match(isAscii(text) ? ASCII_PIECE : PIECE) ?? [];
}

function hashWord(word) {
  const { written } = encoder.encodeInto(word, bytes);
  let h = 0, power = 1;
  for (let i = 0; i < written; i++) {
    h = (h + Math.imul(bytes[i], power)) | 0;
    power = Math.imul(power, RADIX);
  }
  return h;
}

export const hashWords = (text) => splitWords(text).map(hashWord);

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

// the n-grams of n characters in a word, a space at both of its ends, as hashes
function insideWord(word, n) {
  const codes = [...` ${word} `].map((c) => c.codePointAt(0));
  if (codes.length === 3) return []; // a word of one character says no more this way
  return codes.slice(n - 1).map((_, i) => {
    const h = codes.slice(i, i + n).reduce((sum, code) => (Math.imul(sum, JOIN) + code) | 0);
    return mix((h + CHARACTERS) | 0);
  });
}

// n-grams of two to `longest` characters in words, as hashes; of each length the first `limit`
function insideWords(words, longest, limit) {
  const all = [];
  for (let n = 2; n <= longest; n++) {
    all.push(...words.flatMap((word) => insideWord(word, n)).slice(0, limit));
  }
  return all;
}

// Int32Array: the words in order, if asked for, and what spells each, then the distinct n-grams,
// sorted; all padded with zeros.
export function encode(
  text,
  { max_words = 800, longest = 3, tail = 40, with_words = false, characters = 0 } = {},
) {
  const pieces = splitWords(text);
  const words = pieces.map(hashWord);
  const ngrams = new Set(chains(words.slice(0, max_words), longest).map(mix));
  if (tail) chains(words.slice(-tail), 2).forEach((h) => ngrams.add(mix((h + TAIL) | 0)));
  const limit = CHARACTERS_A_WORD * max_words;
  insideWords(pieces.slice(0, max_words), characters, limit).forEach((h) => ngrams.add(h));
  const spelling = with_words && characters > 2 ? SPELLING : 0;
  const first = with_words ? max_words * (1 + spelling) : 0;
  const inside = Math.max(characters - 1, 0) * limit;
  const row = new Int32Array(first + max_words * longest + 2 * tail + inside);
  if (with_words) row.set(words.slice(0, max_words).map(mix));
  for (let i = 0; i < Math.min(pieces.length, max_words) && spelling; i++) {
    const ngrams = [];
    for (let n = 3; n <= characters; n++) ngrams.push(...insideWord(pieces[i], n));
    row.set(ngrams.slice(0, spelling), max_words + i * spelling);
  }
  row.set(Int32Array.from(ngrams).sort(), first);
  return row;
}
