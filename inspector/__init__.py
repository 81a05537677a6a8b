"""Record, judge, replay and audit the traffic of the Genesys Web Services API."""

__version__ = "0.1.0"
