"""What the servers of this workspace share: sockets, tokens, guards."""
