"""What the `statusCode` of a reply means (Return Values)."""

SUCCESS = 0
PARTIAL_SUCCESS = 7
NOT_AUTHENTICATED = 20

MEANINGS = {
    0: "success",
    1: "required parameter missing",
    2: "parameter not valid in the current state",
    3: "operation forbidden",
    4: "internal error",
    5: "no permission",
    6: "not found",
    7: "partial success",
    8: "password change demanded",
    9: "processing incomplete",
    10: "input validation error",
    11: "read-only property",
    12: "cannot retrieve",
    13: "cannot create",
    14: "cannot delete",
    15: "cannot update",
    16: "cannot assign",
    17: "cannot unassign",
    18: "already exists",
    19: "already in use",
    20: "not authenticated",
}
"""`statusCode` to its meaning (Return Values, 8.5.2 and later)."""
