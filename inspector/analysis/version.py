"""By which rules something was derived; known without any of them, so that what is stored can be listed at once."""

RULES = 4
"""The version of all that is derived from traffic. Who changes what the analyst gives counts it up, and recordings that
were judged by another are judged again.
"""
