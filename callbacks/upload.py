"""What happens on the upload page: one reading in a form, or a file checked and then imported."""

from __future__ import annotations

from dash import Dash

from callbacks import file_import, one_reading
from data_layer.accounts.model import Role
from data_layer.book import Book

ROLES = {Role.ADMIN}


def register(app: Dash, book: Book) -> None:
    """Two halves of one page that do not speak to each other."""
    one_reading.register(app, book)
    file_import.register(app, book)
