"""The writer: a small decoder, its cache, its tokenizer and how a token is drawn.

What the pages of `notebooks/writer` build stands here for later ones; tests hold the two together.
"""
