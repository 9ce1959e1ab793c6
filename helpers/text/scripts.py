"""Patterns that know the scripts of Unicode, for the packages `regex` and `tokenizers`."""

from helpers.predictor.texts import SPACELESS

# one character of a script without spaces, with the marks that belong to it
SYLLABLE = rf"(?=[{SPACELESS}])[\p{{L}}\p{{N}}\p{{Cn}}]\p{{M}}*"
# one letter of any other script, with the marks that belong to it
LETTER = rf"(?![{SPACELESS}])\p{{L}}\p{{M}}*"
