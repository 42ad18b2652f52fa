"""What happens on every page: the browser paints the charts in the colors of the theme."""

from __future__ import annotations

from dash import Dash

from components import charts
from data_layer.accounts.model import Role
from data_layer.book import Book

ROLES = set(Role)


def register(app: Dash, _book: Book) -> None:
    """No callback of these asks the server."""
    charts.register(app)
