"""Text into numbers, and text disturbed on purpose.

`tokenization` has the subwords; `perturb` makes typos, other spellings and other names; `scripts`
knows which scripts have no spaces, `language` what spaCy and NLTK know.
"""
