"""The lean master does what mitmproxy's own does: the same handlers, in the same order, whatever they raise."""

import asyncio
import logging
import re
import types
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from mitmproxy import exceptions, hooks, options
from mitmproxy.addonmanager import AddonManager
from mitmproxy.addons import default_addons
from mitmproxy.master import Master
from mitmproxy.proxy.layers.http import HttpRequestHook, HttpResponseHook
from mitmproxy.test import tflow

from inspector.proxy.lean import LeanAddons, LeanOptions, make_lean, needed_addons

Trace = list[Any]
Scene = Callable[[Master, Trace], Coroutine[Any, Any, None]]


class Says:
    """A user's addon: tells its name at every hook of a request's life, and does what it is told to besides."""

    def __init__(self, name: str, trace: Trace, then: Callable[[Any], Any] = lambda flow: None) -> None:
        self.name = name
        self._trace = trace
        self._then = then

    def request(self, flow: Any) -> Any:
        self._trace.append((self.name, "request"))
        return self._then(flow)

    async def response(self, flow: Any) -> None:
        self._trace.append((self.name, "response begins"))
        await asyncio.sleep(0)
        self._trace.append((self.name, "response ends"))
        self._then(flow)

    def update(self, flows: Any) -> None:
        self._trace.append((self.name, "update"))


def raises(error: BaseException) -> Callable[[Any], Any]:
    def then(flow: Any) -> Any:
        raise error

    return then


async def _events(master: Master) -> None:
    for hook in (HttpRequestHook, HttpResponseHook):
        await master.addons.handle_lifecycle(hook(tflow.tflow(resp=True)))


async def _in_order(master: Master, trace: Trace) -> None:
    master.addons.add(*(Says(name, trace) for name in ("a", "b", "c")))
    await _events(master)


async def _one_fails(master: Master, trace: Trace) -> None:
    master.addons.add(Says("a", trace), Says("b", trace, raises(ValueError("no"))), Says("c", trace))
    await _events(master)


async def _one_halts(master: Master, trace: Trace) -> None:
    master.addons.add(Says("a", trace), Says("b", trace, raises(exceptions.AddonHalt())), Says("c", trace))
    await _events(master)


async def _an_option_is_refused(master: Master, trace: Trace) -> None:
    master.addons.add(Says("a", trace, raises(exceptions.OptionsError("no such"))), Says("b", trace))
    await _events(master)


async def _cancelled(master: Master, trace: Trace) -> None:
    master.addons.add(Says("a", trace, raises(asyncio.CancelledError())), Says("b", trace))
    await _events(master)


async def _a_family(master: Master, trace: Trace) -> None:
    """What the parent raises is the end of its children's turn, but of nobody else's."""
    for name, error in (("calm", None), ("angry", KeyError("x"))):
        parent = Says(name, trace, raises(error) if error else lambda flow: None)
        child = Says(f"{name}'s child", trace)
        child.addons = [Says(f"{name}'s grandchild", trace)]  # type: ignore[attr-defined]
        parent.addons = [child, Says(f"{name}'s other child", trace)]  # type: ignore[attr-defined]
        master.addons.add(parent)
    master.addons.add(Says("last", trace))
    await _events(master)


async def _awaits_a_future(master: Master, trace: Trace) -> None:
    master.addons.add(Says("a", trace, lambda flow: asyncio.ensure_future(asyncio.sleep(0))), Says("b", trace))
    await _events(master)


async def _not_callable(master: Master, trace: Trace) -> None:
    one, other = Says("a", trace), Says("b", trace)
    one.request = "a word"  # type: ignore[method-assign,assignment]
    other.request = types  # type: ignore[method-assign,assignment]
    master.addons.add(one, other, Says("c", trace))
    await _events(master)


async def _changes_its_mind(master: Master, trace: Trace) -> None:
    """A handler that comes, goes or is replaced while the proxy runs; children that do."""
    one = Says("a", trace)
    one.addons = []  # type: ignore[attr-defined]
    master.addons.add(one)
    await _events(master)
    one.request = lambda flow: trace.append("another")  # type: ignore[method-assign]
    one.addons.append(Says("late", trace))  # type: ignore[attr-defined]
    await _events(master)
    one.request = None  # type: ignore[method-assign,assignment]
    one.addons.clear()  # type: ignore[attr-defined]
    await _events(master)


async def _comes_and_goes(master: Master, trace: Trace) -> None:
    one, other = Says("a", trace), Says("b", trace)
    master.addons.add(one)
    await _events(master)
    master.addons.add(other)
    await _events(master)
    master.addons.remove(one)
    await _events(master)


async def _removes_itself(master: Master, trace: Trace) -> None:
    one = Says("a", trace, lambda flow: one.name in master.addons.lookup and master.addons.remove(one))
    master.addons.add(one, Says("b", trace))
    await _events(master)
    await _events(master)


async def _of_mitmproxy(master: Master, trace: Trace) -> None:
    """An addon of mitmproxy's own among those of users does its work in its turn."""

    def told(flow: Any) -> None:
        trace.append(flow.request.headers.get("anything", "as it was"))

    master.options.update(modify_headers=["/~q/anything/was altered"])
    modify = master.addons.get("modifyheaders")
    assert modify
    master.addons.remove(modify)
    master.addons.add(Says("before", trace, told), modify, Says("behind", trace, told))
    await _events(master)


SCENES = [
    *(_in_order, _one_fails, _one_halts, _an_option_is_refused, _cancelled, _a_family, _awaits_a_future),
    *(_not_callable, _changes_its_mind, _comes_and_goes, _removes_itself, _of_mitmproxy),
]


class _Log(logging.Handler):
    """What was logged, with the frames that a user sees of an error."""

    def __init__(self, trace: Trace) -> None:
        super().__init__(logging.INFO)
        self._trace = trace

    def emit(self, record: logging.LogRecord) -> None:
        told = record.exc_info
        frames, trace = [], told[2] if told else None
        while trace:
            frames.append(trace.tb_frame.f_code.co_name)
            trace = trace.tb_next
        message = re.sub(r"0x\w+", "somewhere", record.getMessage())
        self._trace.append((record.levelname, message, told and told[0], frames))


def _played(scene: Scene, *, lean: bool) -> Trace:
    trace: Trace = []

    async def play() -> None:
        master = Master(options.Options())
        if lean:
            make_lean(master)
            assert type(master.addons) is LeanAddons
        master.addons.add(*default_addons())
        log = _Log(trace)
        logging.getLogger().addHandler(log)
        try:
            await scene(master, trace)
        except BaseException as error:
            trace.append(f"raised {error!r}")
        finally:
            logging.getLogger().removeHandler(log)
            master._legacy_log_events.uninstall()

    asyncio.run(play())
    return trace


@pytest.fixture(autouse=True)
def _level() -> Iterator[None]:
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.INFO)
    yield
    root.setLevel(before)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__.strip("_").replace("_", " "))
def test_the_trace_is_mitmproxys_own(scene: Scene) -> None:
    stock = _played(scene, lean=False)
    assert stock
    assert _played(scene, lean=True) == stock


def _handlers(manager: AddonManager, event: hooks.Hook) -> list[tuple[str, str]]:
    return [
        (type(addon).__name__, handler.__qualname__)
        for one in manager.chain
        for addon, handler in manager._iter_hooks(one, event)
    ]


def test_every_hook_reaches_every_handler_of_mitmproxys_addons() -> None:
    async def compare() -> int:
        master = Master(options.Options())
        master.addons.add(*default_addons())
        make_lean(master)
        manager, found = master.addons, 0
        assert isinstance(manager, LeanAddons)
        master._legacy_log_events.uninstall()
        for hook in hooks.all_hooks.values():
            event = hook.__new__(hook)
            expected = _handlers(manager, event)
            known = [
                (type(addon).__name__, handler.__qualname__)
                for one, handlers in manager._handling(event)
                for addon, handler in (manager._iter_hooks(one, event) if handlers is None else handlers)
            ]
            assert known == expected, hook.name
            found += len(known)
        return found

    assert asyncio.run(compare()) > 50


class Refuses:
    """An addon that does not like any port."""

    def configure(self, updated: set[str]) -> None:
        if "listen_port" in updated:
            raise exceptions.OptionsError("not this one")


def test_an_option_reads_as_in_mitmproxy_whatever_becomes_of_it() -> None:
    async def compare() -> None:
        stock, master = options.Options(), Master(options.Options())
        reference = Master(stock)
        for one in (reference, master):
            one.addons.add(*default_addons(), Refuses())
        make_lean(master)
        lean = master.options
        assert type(lean) is LeanOptions

        def same() -> None:
            names = lean.keys()
            assert names == stock.keys()
            assert [getattr(lean, name) for name in names] == [getattr(stock, name) for name in names]

        same()
        for one in (lean, stock):
            one.update(listen_host="::1", http2=False, allow_hosts=["a"], confdir="/nowhere")
            one.toggler("http2")()
            one.server = False
        same()
        assert lean.listen_host == "::1" and lean.http2 and lean.server is False
        lean.allow_hosts.append("b")  # a copy, as it always was
        same()
        for one in (lean, stock):
            with pytest.raises(exceptions.OptionsError):
                one.update(listen_port=5, confdir="/elsewhere")
            with pytest.raises(AttributeError, match="No such option: nothing"):
                one.nothing  # noqa: B018
            with pytest.raises(KeyError):
                one.nothing = 1
        same()
        for one in (reference, master):
            one._legacy_log_events.uninstall()

    asyncio.run(compare())


def test_a_master_that_is_not_as_expected_is_left_as_it_is() -> None:
    class Others(AddonManager):
        pass

    class Wishes(options.Options):
        pass

    async def look() -> None:
        master = Master(Wishes())
        master.addons.__class__ = Others
        make_lean(master)
        assert type(master.addons) is Others
        assert type(master.options) is Wishes
        master._legacy_log_events.uninstall()

    asyncio.run(look())


def test_what_is_left_out_is_named(request: pytest.FixtureRequest) -> None:
    """The README names every addon of mitmproxy's that does without: a feature that is gone is a surprise."""
    readme = (request.config.rootpath / "README.md").read_text()
    _, _, told = readme.partition("<!-- what lean leaves out -->")
    kept = {type(one).__module__ for one in needed_addons()}
    left_out = {type(one).__module__.rpartition(".")[2] for one in default_addons() if type(one).__module__ not in kept}
    named = told.partition("\n\n")[0]
    assert [one for one in sorted(left_out) if f"`{one}`" not in named] == []
