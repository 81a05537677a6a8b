"""What crosses the wire, free of any tool: headers, bodies, exchanges, Bayeux messages, and what is secret in them."""
