"""What the REST door says of itself: its schema, and two ways to read it in a browser.

The readers come whole from Python packages and are served from here: nothing is asked of another
host. ReDoc would fetch its maker's logo from theirs, so that address is taken out of it.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import orjson
from flask import Blueprint, Response, current_app, render_template

from api import (
    accounts,
    bills,
    corrections,
    group_totals,
    jobs,
    keys,
    maintenance,
    meter_readings,
    meter_usage,
    stored_readings,
    tariffs,
)
from api.reference import Call, openapi
from data_layer.errors import NotFound
from security import policy

DOORS = (
    accounts,
    meter_readings,
    stored_readings,
    corrections,
    meter_usage,
    bills,
    group_totals,
    tariffs,
    jobs,
    keys,
    maintenance,
)
CALLS: Mapping[str, Call] = {name: call for door in DOORS for name, call in door.CALLS.items()}
SWAGGER, REDOC = "flask_openapi3_swagger", "flask_openapi3_redoc"
FILES = {
    "swagger-ui.css": (SWAGGER, "swagger/css/swagger-ui.css"),
    "swagger-ui.js": (SWAGGER, "swagger/js/swagger-ui-bundle.js"),
    "redoc.js": (REDOC, "redoc/js/redoc.standalone.js"),
}
"""Name here: package, and place in its templates."""
FOREIGN_LOGO, NO_PICTURE = b"https://cdn.redoc.ly/redoc/logo-mini.svg", b"data:,"


def documents(asset_url: Callable[[str], str], *, secure: bool) -> Blueprint:
    """Routes: GET /api/schema/, /api/docs/, /api/redoc/, /api/files/<name>."""
    door = Blueprint("documents", __name__, template_folder="templates")
    for name in ("schema", "docs", "redoc"):
        policy.allow_everyone(f"documents.{name}")
    policy.allow_everyone("documents.file", is_file=True)

    @cache
    def schema_text() -> bytes:
        return orjson.dumps(openapi(current_app.url_map, CALLS, secure=secure))

    @door.get("/api/schema/")
    def schema() -> Response:
        return Response(schema_text(), mimetype="application/json")

    def page(title: str, kind: str, *, styles: tuple[str, ...], script: str) -> str:
        return render_template(
            "reference.html",
            title=title,
            kind=kind,
            styles=[_address(name) for name in styles],
            scripts=[_address(script), asset_url("rest/reference.js")],
        )

    @door.get("/api/docs/")
    def docs() -> str:
        return page(
            "REST calls to try", "swagger", styles=("swagger-ui.css",), script="swagger-ui.js"
        )

    @door.get("/api/redoc/")
    def redoc() -> str:
        return page("REST calls to read", "redoc", styles=(), script="redoc.js")

    @door.get("/api/files/<name>")
    def file(name: str) -> Response:
        if name not in FILES:
            raise NotFound(f"there is no file {name[:40]!r}.")
        return Response(_content(name), mimetype=mimetypes.guess_type(name)[0])

    return door


@cache
def _content(name: str) -> bytes:
    package, place = FILES[name]
    found = find_spec(package)
    if found is None or found.origin is None:
        raise FileNotFoundError(f"package {package} is not installed")
    content = (Path(found.origin).parent / "templates" / place).read_bytes()
    return content.replace(FOREIGN_LOGO, NO_PICTURE)


@cache
def _address(name: str) -> str:
    return f"/api/files/{name}?v={sha256(_content(name)).hexdigest()[:10]}"
