"""A model hub of one's own, on one's own machine.

It speaks the protocol of the Hugging Face Hub well enough for `huggingface_hub` and the `hf`
command, keeps every model in a git repository, and shows pages for people. It never fetches
anything. Going to the Hub itself later means changing one address.
"""

from helpers.hub.server import Server, create_app, serve

__all__ = ["Server", "create_app", "serve"]
