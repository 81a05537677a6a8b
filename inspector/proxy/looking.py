"""What people see of a recording under way: the content view, and the commands `inspector.…` of mitmproxy's prompt."""

import logging
from collections.abc import Sequence
from pathlib import Path

from mitmproxy import command, exceptions, flow, types
from mitmproxy.addonmanager import Loader

from inspector.proxy import contentview
from inspector.proxy.known import Known
from inspector.render.escape import plain
from inspector.render.line import finding_line
from inspector.render.machine import dump, finding_value
from inspector.render.view import transfer_lines

logger = logging.getLogger("inspector")

_ALL: tuple[flow.Flow, ...] = ()
"""No flows were named; a list without any is what a filter gives that nothing matches."""


class Looking:
    """An addon that belongs to the recorder, and only reads what that knows."""

    name = "inspector-looking"

    def __init__(self, known: Known) -> None:
        self._known = known

    def load(self, loader: Loader) -> None:
        contentview.add(contentview.WebServicesView(self._known))

    def done(self) -> None:
        contentview.remove()

    @command.command("inspector.findings")  # type: ignore[untyped-decorator]
    def findings(self, flows: Sequence[flow.Flow] = _ALL) -> Sequence[str]:
        """What was found in these flows, or in all of the session until now."""
        return [finding_line(finding).plain for finding in self._known.findings(None if flows is _ALL else flows)]

    @command.command("inspector.transfer")  # type: ignore[untyped-decorator]
    def transfer(self, document_id: str) -> Sequence[str]:
        """The life of a document until now, in each chat that it was in."""
        lives = self._known.lives(document_id)
        if not lives:
            raise exceptions.CommandError(f"no document {plain(document_id)} was seen in this session")
        return [
            line
            for life in lives
            for line in transfer_lines(life.transfer, self._known.findings_in(life.exchanges), self._known.causes(life))
        ]

    @command.command("inspector.export")  # type: ignore[untyped-decorator]
    def export(self, path: types.Path, flows: Sequence[flow.Flow] = _ALL) -> None:
        """Write what was found in these flows, or in all of the session until now, to a file as JSON."""
        found = self._known.findings(None if flows is _ALL else flows)
        try:
            Path(path).expanduser().write_text(dump([finding_value(finding) for finding in found]), "utf-8")
        except OSError as error:
            raise exceptions.CommandError(f"{plain(path)}: {error.strerror}") from error
        logger.info("%d findings are in %s", len(found), path)
