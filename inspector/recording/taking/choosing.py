"""Which way a body is taken down that streams."""

from collections.abc import Callable

from inspector.recording.taking.forms import Form, SmallForm
from inspector.recording.taking.plan import Plan
from inspector.recording.taking.taking import Digest, Events, File, Open, Taking
from inspector.recording.understood import CHUNK, READ_LIMIT
from inspector.traffic.redaction import Redactor


def taking(plan: Plan, open_: Open, redactor: Redactor) -> Taking:
    """What carries out the plan; `open_` begins the bodies that it makes."""
    if plan.too_large:
        return Digest(open_, plan.too_large)
    if plan.is_form:
        form: Callable[[], Form] = lambda: Form(open_, plan.content_type, redactor.part, plan.keeping)  # noqa: E731
        known = plan.length is not None or not plan.keeping.is_all
        return form() if known else SmallForm(CHUNK, plan.content_type, plan.coding, form)
    if plan.is_events:
        if plan.coding:
            return Digest(open_, f"events in the coding {plan.coding}")
        return Events(open_, lambda text: redactor.text(text, ""), READ_LIMIT)
    return File(open_, plan.keeping, plan.coding, plan.length or 0)
