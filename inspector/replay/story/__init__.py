"""What one live client has lived through of the plan that it plays. Pure."""
