"""What is known of files beside their transfers: their names and types, and the bytes that crossed the wire."""
