"""`demo`: the tour on a fresh machine."""

import asyncio
import tempfile
from pathlib import Path

import click
from rich.console import Console

from inspector.cli.options import RECORDING
from inspector.demo.tour import picture, tour

_PICTURE_WIDTH = 100


@click.command()
@click.option("--recording", type=RECORDING, help="Where to record; by default in a temporary folder, which stays.")
@click.option("--picture", "drawing", type=RECORDING, help="Save what is shown as an SVG picture as well.")
def demo(recording: Path | None, drawing: Path | None) -> None:
    """Take the tour: a look-alike server, the recorder in front of it, an agent at work, and what it came to."""
    console = Console(highlight=False, record=drawing is not None, width=_PICTURE_WIDTH if drawing else None)
    recording = recording or Path(tempfile.mkdtemp(prefix="gws-inspector-")) / "demo.db"
    asyncio.run(tour(recording, console))
    if drawing:
        drawing.write_text(picture(console), encoding="utf-8")
