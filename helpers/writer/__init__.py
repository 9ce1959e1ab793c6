"""The writer: a small decoder, its cache, its tokenizer and how a token is drawn.

What `notebooks/writer` builds on its pages stands here for later pages; tests hold the two together.
"""
