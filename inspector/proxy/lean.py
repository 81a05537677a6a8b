"""mitmproxy without its detours: half of its time it asks some thirty addons whether they handle a hook.

Nothing of mitmproxy is replaced but two classes, by ones that do the same sooner: which of its own addons handle which
hook is worked out once, and options that cannot be altered are not copied when they are read. What is not mitmproxy's
own (its user's addons, ours, and whatever manages such) is asked each time, as in stock: it may change as it likes.
"""

import gc
import inspect
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from mitmproxy import addonmanager, exceptions, flow, hooks, http, optmanager
from mitmproxy.addonmanager import AddonManager
from mitmproxy.addons import block, core, disable_h2c, next_layer, proxyserver, tlsconfig, update_alt_svc
from mitmproxy.master import Master
from mitmproxy.options import Options

_UNALTERABLE = frozenset({bool, int, str, type(None)})

Handlers = tuple[tuple[object, Any], ...]


def needed_addons() -> list[object]:
    """Those of mitmproxy's default addons without which a reverse or forward proxy would be none, or be less safe."""
    return [
        core.Core(),
        block.Block(),
        disable_h2c.DisableH2C(),
        proxyserver.Proxyserver(),
        next_layer.NextLayer(),
        tlsconfig.TlsConfig(),
        update_alt_svc.UpdateAltSvc(),  # else a server's Alt-Svc would lead browsers past the proxy
    ]


def make_lean(master: Master) -> None:
    """Does away with the detours of a master that may be running already; its addons, and their order, stay.

    Where a master has classes of its own they are left as they are: then it is as fast as it was.
    """
    if type(master.addons) is AddonManager:
        master.addons.__class__ = LeanAddons
    if type(master.options) is Options:
        object.__setattr__(master.options, "__class__", LeanOptions)  # its own way of setting is for options
    # whether each field of a request that it has just read is of its type, mitmproxy checks only without `python -O`
    http.MessageData.__post_init__ = _unchecked  # type: ignore[method-assign]


def _unchecked(message: http.MessageData) -> None:
    pass


def settle() -> None:
    """What is there after the start stays, so the garbage collector need not look through it again and again: in stock
    that is what the slowest of a hundred answers wait for.
    """
    gc.collect()
    gc.freeze()


class LeanAddons(AddonManager):
    """Triggers the same handlers in the same order, with the same treatment of what they raise (mitmproxy 11 and 12).

    Only events that are awaited, which are those of the traffic: all others go mitmproxy's own way.
    """

    _by_hook: dict[str, list[tuple[object, Handlers | None]]] | None = None

    def add(self, *addons: object) -> None:
        super().add(*addons)  # type: ignore[no-untyped-call]
        self._by_hook = None

    def remove(self, addon: object) -> None:
        super().remove(addon)  # type: ignore[no-untyped-call]
        self._by_hook = None

    def clear(self) -> None:
        super().clear()  # type: ignore[no-untyped-call]
        self._by_hook = None

    async def handle_lifecycle(self, event: hooks.Hook) -> None:
        await self.trigger_event(event)
        message = _arguments(event)[0]
        if isinstance(message, flow.Flow):
            await self.trigger_event(hooks.UpdateHook([message]))

    async def trigger_event(self, event: hooks.Hook) -> None:
        arguments = _arguments(event)
        for addon, known in self._handling(event):
            handlers: Iterable[tuple[object, Any]] = self._iter_hooks(addon, event) if known is None else known
            try:
                for _, handler in handlers:
                    result = handler(*arguments)
                    if result is not None and inspect.isawaitable(result):
                        await result
            except exceptions.AddonHalt:
                return
            except Exception as error:
                with addonmanager.safecall():
                    invoke_addon(error)

    def _handling(self, event: hooks.Hook) -> list[tuple[object, Handlers | None]]:
        """The addons to ask, with their handlers; None for those that are asked each time."""
        if self._by_hook is None:
            self._by_hook = {}
        if event.name not in self._by_hook:
            known = [(addon, self._known(addon, event)) for addon in self.chain]
            self._by_hook[event.name] = [one for one in known if one[1] != ()]
        return self._by_hook[event.name]

    def _known(self, addon: object, event: hooks.Hook) -> Handlers | None:
        own = type(addon).__module__.startswith("mitmproxy.") and not hasattr(addon, "addons")
        return tuple(self._iter_hooks(addon, event)) if own else None


def invoke_addon(error: Exception) -> None:
    """Raises the error again. `safecall`, who logs it, knows by this name where the addon's part of a trace begins."""
    trace = error.__traceback__
    raise error.with_traceback(trace.tb_next if trace else None)


class LeanOptions(Options):
    """Gives what cannot be altered as it is: a copy would be the same."""

    def __getattr__(self, name: str) -> Any:
        option = self._options.get(name)
        if option is not None:
            value = option._default if option.value is optmanager.unset else option.value
            if type(value) in _UNALTERABLE:
                return value
        return super().__getattr__(name)  # type: ignore[no-untyped-call]


_names: dict[type[hooks.Hook], tuple[str, ...]] = {}


def _arguments(event: hooks.Hook) -> list[Any]:
    """`event.args()`, without looking up each time which fields its class has."""
    names = _names.get(type(event))
    if names is None:
        names = _names[type(event)] = tuple(one.name for one in fields(event))  # type: ignore[arg-type]
    return [getattr(event, name) for name in names]
