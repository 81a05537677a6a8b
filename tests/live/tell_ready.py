"""For mitmdump: says on stdout where it listens, as `gws-inspector record` does."""

from mitmproxy import ctx


def running() -> None:
    servers = ctx.master.addons.get("proxyserver").servers
    urls = ["http://{}:{}".format(*address[:2]) for server in servers for address in server.listen_addrs]
    print("ready", *urls, flush=True)
