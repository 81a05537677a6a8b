"""Ways in: a server, transports without a socket, what the mitmproxy add-on takes."""
