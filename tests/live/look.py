"""For mitmdump: answers `POST /-look` with what a command of mitmproxy's prompt gives, or a content view, as JSON."""

import json
from typing import Any

from mitmproxy import contentviews, ctx, exceptions, http

PATH = "/-look"


class Look:
    def __init__(self) -> None:
        self.flows: list[http.HTTPFlow] = []

    def request(self, flow: http.HTTPFlow) -> None:
        if flow.request.path != PATH:
            self.flows.append(flow)
            return
        wish = json.loads(flow.request.raw_content or b"")
        try:
            got = self._view(**wish) if "side" in wish else self._command(**wish)
        except exceptions.CommandError as error:
            got = {"refused": str(error)}
        flow.response = http.Response.make(200, json.dumps(got))

    def _command(self, words: list[str], of: str | None = None) -> Any:
        """A command as it is typed; or, of the flows of a path, as it is called."""
        if of is None:
            return ctx.master.commands.call_strings(words[0], words[1:])
        return ctx.master.commands.call(*words, [flow for flow in self.flows if flow.request.path == of])

    def _view(self, path: str, side: str, name: str = "auto") -> dict[str, Any]:
        """A message of a path's newest flow in a view, or in the one that mitmproxy chooses."""
        flow = [flow for flow in self.flows if flow.request.path == path][-1]
        message = getattr(flow, side)
        if hasattr(contentviews, "prettify_message"):
            shown = contentviews.prettify_message(message, flow, name)
            return {"view": shown.view_name, "text": shown.text, "trouble": shown.description}
        name, lines, trouble = contentviews.get_message_content_view(name, message, flow)
        return {"view": name, "text": "\n".join("".join(text for _, text in line) for line in lines),
                "trouble": trouble or ""}  # fmt: skip


addons = [Look()]
