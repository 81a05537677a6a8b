"""`rules`: the catalogue, as the settings have it."""

from typing import TYPE_CHECKING

import click

from inspector.analysis.rules import CATALOGUE, Rule
from inspector.analysis.rules.selection import Selection, known
from inspector.cli.as_json import json_as_format
from inspector.cli.options import choosing_rules, chosen_rules
from inspector.render.catalogue import explained, markdown, rule_value, rules_table
from inspector.render.machine import dump
from inspector.render.table import console

if TYPE_CHECKING:  # nobody need wait for it where nothing is set
    from inspector.config import Settings


@click.command()
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option("--format", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True)
@choosing_rules
@json_as_format
@click.pass_obj
def rules(
    settings: "Settings | None", codes: tuple[str, ...], format: str, select: tuple[str, ...], ignore: tuple[str, ...]
) -> None:
    """The rules that traffic is judged by, as the settings have them; GW402 explains one, GW4 lists a family."""
    selection = chosen_rules(settings, select, ignore)
    begins = tuple(known(code) for code in codes)
    chosen = [rule for code, rule in sorted(CATALOGUE.items()) if not begins or code.startswith(begins)]
    if format == "json":
        click.echo(dump([rule_value(rule, selection) for rule in chosen]))
    elif format == "markdown":
        click.echo(markdown(chosen, selection))
    elif begins and all(begin in CATALOGUE for begin in begins):
        _explain(chosen, selection)
    else:
        console().print(rules_table(chosen, selection))


def _explain(chosen: list[Rule], selection: Selection) -> None:
    out = console()
    for number, rule in enumerate(chosen):
        if number:
            out.print()
        out.print(explained(rule, selection), soft_wrap=True)
