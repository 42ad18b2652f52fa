"""The OpenAPI 3.1 document of the REST door, made from its routes, their policies and their models.

Each door says in `CALLS` what its endpoints take and answer; addresses and methods come from the
application's routes and roles from the guard's policies, so none of them is written twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Map, Rule

from api.contract import Code, MeterId, Month, Problem
from security.policy import policy_of
from security.request_ids import GIVEN, HEADER
from security.viewer import cookie_name

Document = dict[str, Any]
READING = (400, 401, 403, 404, 409, 413, 415, 422, 429)
CHANGING = (*READING, 503)
"""Statuses a call may be refused with."""
IN_BODY = ("POST", "PATCH")
"""Methods whose parameters are described as a body; all others have them in the address."""
WAITING = (429, 503)
IN_PATHS: dict[str, Any] = {
    "meter": MeterId,
    "month": Month,
    "code": Code,
    "job": str,
    "number": Annotated[int, Field(ge=1)],
}
"""What stands for each argument of an address."""
REFERENCES = "#/components/schemas/{model}"
NAMED: Document = {
    HEADER: {
        "description": "the name of this request: the one sent by this header, or a new one",
        "required": True,
        "schema": {"type": "string", "pattern": f"^{GIVEN.pattern}$"},
    }
}
_ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True, slots=True)
class Call:
    """What an endpoint takes and answers."""

    summary: str
    given: type[BaseModel] | None
    """None: nothing but its address."""
    answer: type[BaseModel]
    many: int = 0
    """The body is a list of up to so many of what is given; 0 for a single one."""
    status: int = 200
    """Of the answer when it is done."""
    file: str = ""
    """The body is a file of this media type; what is given stands in the address beside it."""


def openapi(routes: Map, calls: Mapping[str, Call], *, secure: bool) -> Document:
    """The document for all routes that API keys open. Raises KeyError for one without its call."""
    paths: Document = {}
    for rule in sorted(routes.iter_rules(), key=lambda rule: rule.rule):
        policy = policy_of(rule.endpoint)
        if policy is None or not policy.takes_keys or not rule.rule.startswith("/api/"):
            continue
        roles = ", ".join(sorted(policy.roles))
        operation = _operation(rule, calls[rule.endpoint], roles)
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        address = _ARGUMENT.sub(r"{\1}", rule.rule)
        paths.setdefault(address, {}).update({method.lower(): operation for method in methods})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Meterbook",
            "version": "1",
            "description": "Readings of electricity meters in; usage, bills and totals out. "
            "Energies are kWh, exact to three decimals; money is text in the currency's whole "
            "unit and a number of its smallest; times carry the offset of the home's zone.",
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(calls),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "an API key, made by `flask key create`",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": cookie_name(secure=secure),
                    "description": "of a signed-in person; changing calls then also carry the "
                    "form token in X-CSRFToken",
                },
            },
        },
    }


def _schemas(calls: Mapping[str, Call]) -> Document:
    models: dict[type[BaseModel], None] = {Problem: None}
    for call in calls.values():
        models |= {model: None for model in (call.given, call.answer) if model is not None}
    _, found = models_json_schema(
        [(model, "validation") for model in models], ref_template=REFERENCES
    )
    schemas: Document = found["$defs"]
    return schemas


def _operation(rule: Rule, call: Call, roles: str) -> Document:
    methods = rule.methods or set()
    is_changing = "GET" not in methods
    has_body = not methods.isdisjoint(IN_BODY)
    in_address = call.given if call.file or not has_body else None
    operation: Document = {
        "operationId": rule.endpoint.replace(".", "_"),
        "summary": call.summary,
        "description": f"For: {roles}.",
        "tags": [rule.endpoint.partition(".")[0].replace("_", " ")],
        "parameters": [*_path_parameters(rule), *_query(in_address)],
        "responses": {
            str(call.status): {
                "description": "done" if is_changing else "the answer",
                "headers": NAMED,
                "content": {"application/json": {"schema": _reference(call.answer)}},
            },
            **{str(status): _refusal(status) for status in (CHANGING if is_changing else READING)},
        },
    }
    if has_body and (call.file or call.given):
        operation["requestBody"] = {"required": True, "content": _content(call)}
    return operation


def _content(call: Call) -> Document:
    if call.file or call.given is None:
        return {call.file: {"schema": {"type": "string"}}}
    one = _reference(call.given)
    schema = {"type": "array", "items": one, "minItems": 1, "maxItems": call.many}
    return {"application/json": {"schema": schema if call.many else one}}


def _path_parameters(rule: Rule) -> Iterator[Document]:
    for name in sorted(rule.arguments):
        schema = TypeAdapter(IN_PATHS[name]).json_schema()
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query(given: type[BaseModel] | None) -> Iterator[Document]:
    if given is None:
        return
    schema = given.model_json_schema(ref_template=REFERENCES)
    for name, described in schema["properties"].items():
        yield {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "schema": described,
        }


def _refusal(status: int) -> Document:
    refusal: Document = {
        "description": HTTPStatus(status).phrase,
        "headers": dict(NAMED),
        "content": {"application/problem+json": {"schema": _reference(Problem)}},
    }
    if status in WAITING:
        wait = {"type": "integer", "minimum": 1}
        refusal["headers"]["Retry-After"] = _header("seconds to wait", wait)
    if status == HTTPStatus.UNAUTHORIZED:
        refusal["headers"]["WWW-Authenticate"] = _header("how to say who asks", {"type": "string"})
    return refusal


def _header(description: str, schema: Document) -> Document:
    return {"description": description, "required": True, "schema": schema}


def _reference(model: type[BaseModel]) -> Document:
    return {"$ref": REFERENCES.format(model=model.__name__)}
