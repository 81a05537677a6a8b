"""The server of the benchmark of large bodies, as a process."""

from tests.benchmarks.large import serve

if __name__ == "__main__":
    serve()
