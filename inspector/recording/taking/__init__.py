"""What is taken down of bodies while they stream, and how."""
