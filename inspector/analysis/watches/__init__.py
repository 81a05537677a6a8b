"""Those who follow the traffic for something of their own: told by the analyst what passes, judged by it."""
