"""While no readings are taken, every page says so: at once, and gone again without a reload.

A signed-in person's pages and callbacks carry the sentence in a header, which
`assets/js/session.js` shows.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, request

from data_layer.book import Book
from security.guard import CALLBACK_ENDPOINT, PAGE_ENDPOINTS
from security.viewer import signed_in

HEADER = "Meterbook-Notice"
ON_PURPOSE = "Maintenance: new readings are refused for now. Charts and bills keep working."
TROUBLE = (
    "New readings cannot be taken just now, and an operator has to look. "
    "Charts and bills keep working."
)
SHOWN_ON = (*PAGE_ENDPOINTS, CALLBACK_ENDPOINT)


def of(book: Book) -> str:
    """The sentence for everybody, in ASCII; empty while readings are taken. Why, operators see."""
    if book.receiving:
        return ""
    switch = book.receiving_switch
    return ON_PURPOSE if switch.paused or switch.stopped is not None else TROUBLE


def install(app: Flask, book_of: Callable[[], Book]) -> None:
    """Put the sentence on what signed-in people are answered."""

    @app.after_request
    def _tell(response: Response) -> Response:
        if request.endpoint in SHOWN_ON and signed_in() is not None:
            sentence = of(book_of())
            if sentence:
                response.headers[HEADER] = sentence
        return response
