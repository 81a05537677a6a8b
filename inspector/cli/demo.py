"""`demo`: the tour."""

import click


@click.command()
def demo() -> None:
    """x"""
