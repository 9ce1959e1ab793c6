"""From a trained model to files: export, sizes, and tables of n-gram weights.

`packing` counts what a download weighs; `folders` writes a bundle; `ngram_table` has n-grams in
four-bit codes, `ngram_bag` in vectors for more than two classes, `wide_deep` puts either into a
file; `ngram_stream` learns from more rows than memory holds.
"""
