"""The catalogue of rules. A rule is one function with one decorator; its argument's type says what it judges.

A new file here, one a family, is in the catalogue without further ado.
"""

from importlib import import_module
from pkgutil import iter_modules

from inspector.analysis.rules.catalogue import CATALOGUE, Rule, judge
from inspector.analysis.version import RULES

__all__ = ["CATALOGUE", "RULES", "Rule", "judge"]

for _family in iter_modules(__path__):
    if _family.name != "selection":  # it chooses among them, and stands above the analyst
        import_module(f"{__name__}.{_family.name}")
