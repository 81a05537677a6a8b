"""What every setup holds and is asked for: UploadFile requests to one chat, told apart by the body alone."""

PATH = "/api/v2/me/chats/0001PaBMYY3600R8"
LOGIN = "/api/v2/me"
USER = "ines"
PASSWORD = "rhubarb"
UPSTREAM = "http://gws.example"

REQUEST_FIELDS = (("Accept", "application/json"), ("Content-Type", "application/json"), ("User-Agent", "desktop/1.0"))
RESPONSE_FIELDS = (
    ("Content-Type", "application/json;charset=UTF-8"),
    ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
    ("Pragma", "no-cache"),
)


def document(k: int) -> str:
    """The id of the k-th document."""
    return f"0001PaBM{k:06d}RC"


def asked(k: int) -> bytes:
    """The body of the k-th request."""
    return b'{"operationName":"UploadFile","documentId":"%s"}' % document(k).encode()


def answered(k: int) -> bytes:
    """The body of its answer; it names the document, so that a wrong one would show."""
    return b'{"statusCode":0,"documentId":"%s"}' % document(k).encode()
