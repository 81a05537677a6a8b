"""For mitmdump: writes what is noted on each flow to the file that DUMPED names, when it ends."""

import json
import os
from pathlib import Path

from mitmproxy import http


class Dump:
    def __init__(self) -> None:
        self.flows: list[http.HTTPFlow] = []

    def response(self, flow: http.HTTPFlow) -> None:
        self.flows.append(flow)

    def done(self) -> None:
        noted = [
            {"path": flow.request.path, "comment": flow.comment, "marked": flow.marked, "metadata": flow.metadata}
            for flow in self.flows
        ]
        Path(os.environ["DUMPED"]).write_text(json.dumps(noted), "utf-8")


addons = [Dump()]
