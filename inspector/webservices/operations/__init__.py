"""What a client asks for: one class an operation, in one file a group; `operation_class` finds it by `operationName`.

Defining a class registers it, in a file that is here already or in a new one: nothing else has to change.
"""

from importlib import import_module
from pkgutil import iter_modules

from inspector.webservices.operations.attachments import AddAttachment, RemoveAttachment, UploadFile
from inspector.webservices.operations.operation import Operation, operation_class

__all__ = ["AddAttachment", "Operation", "RemoveAttachment", "UploadFile", "operation_class"]

for _group in iter_modules(__path__):
    import_module(f"{__name__}.{_group.name}")
