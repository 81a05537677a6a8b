"""A stub under uvicorn, and nothing else: python -m tests.benchmarks.serve RECORDING PORT. Operations answer again."""

import sys
from pathlib import Path

import uvicorn

from inspector.replay.opening import prepare
from inspector.replay.server import StubApp
from inspector.replay.stub import Settings


def main(recording: str, port: str) -> None:
    """Serves until it is told to end."""
    app = StubApp(prepare(Path(recording)).stub(Settings(reuse=True)))
    config = uvicorn.Config(
        app, port=int(port), loop="uvloop", http="httptools", lifespan="off", access_log=False, log_level="error"
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
