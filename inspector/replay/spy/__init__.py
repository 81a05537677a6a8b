"""The real server, asked for what is not recorded."""
