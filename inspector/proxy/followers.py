"""Whether anybody follows what happens; else what the traffic means is only recorded, which is cheaper."""

import logging
from types import ModuleType

from mitmproxy import ctx
from mitmproxy.addonmanager import traverse
from mitmproxy.addons.script import Script

_OURS = "inspector-"
"""How the names of our addons begin."""


def is_followed(logger: logging.Logger) -> bool:
    """Whether what is told by the `logger` is shown, or flows are looked at: by people, or by addons of users."""
    if not logger.propagate or ctx.master.addons.get("eventstore"):
        shown = logger.isEnabledFor(logging.INFO)
    else:
        shown = getattr(ctx.options, "termlog_verbosity", "info") not in ("error", "warn")
    return shown or is_looked_at_later() or any(map(_is_users, traverse(ctx.master.addons.chain)))


def is_looked_at_later() -> bool:
    """Whether flows are for eyes (mitmweb, mitmproxy), or go into a file as a whole."""
    return bool(ctx.master.addons.get("view") or getattr(ctx.options, "save_stream_file", None))


def _is_users(addon: object) -> bool:
    if isinstance(addon, Script | ModuleType):  # what a script has of addons comes behind it
        return isinstance(addon, ModuleType) and not hasattr(addon, "addons")
    own = type(addon).__module__.startswith(("mitmproxy.", "inspector."))
    return not own and not getattr(addon, "name", "").startswith(_OURS)
