"""`addon`: where an addon script lies, for those who run mitmproxy themselves."""

import click

from inspector.proxy.host import script


@click.command()
@click.argument("name")
def addon(name: str) -> None:
    """Print the path of the addon script NAME (record), for `mitmdump -s`."""
    click.echo(script(name))
