"""Everything that knows mitmproxy: flows to exchanges and back, notes on flows, and running a proxy."""
