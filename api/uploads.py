"""The door for files: one streamed PUT in, the list of refused rows out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO

from flask import Blueprint, Response, jsonify, request, send_file

from data_layer.accounts.model import Role
from data_layer.book import Book
from data_layer.errors import BadInput, NotFound
from data_layer.journeys.upload_staging import MAXIMUM_BYTES
from data_layer.readings.model import Action
from security import policy
from security.viewer import current_viewer

CHUNK = 1 << 20


def uploads(book_of: Callable[[], Book]) -> Blueprint:
    """Routes: PUT /uploads/files?name=..., GET /uploads/<id>/refused.csv."""
    door = Blueprint("uploads", __name__)
    policy.allow("uploads.take_file", {Role.ADMIN}, largest_body=MAXIMUM_BYTES)
    policy.allow("uploads.refused_rows", {Role.ADMIN}, renews=False)

    @door.put("/uploads/files")
    def take_file() -> tuple[Response, int]:
        book = book_of()
        book.authorize(current_viewer(), Action.SUBMIT_READINGS)
        name = request.args.get("name", "")
        staged = book.staging.stage(name, received(request.stream, request.content_length))
        return jsonify(file=staged.id, name=staged.name, bytes=staged.bytes), 201

    @door.get("/uploads/<file_id>/refused.csv")
    def refused_rows(file_id: str) -> Response:
        book = book_of()
        book.authorize(current_viewer(), Action.SUBMIT_READINGS)
        staged = book.staging.find(file_id)
        if not staged.rejected_path.exists():
            raise NotFound("no row of this file was refused.", field="file")
        return send_file(
            staged.rejected_path.resolve(),
            mimetype="text/csv",
            as_attachment=True,
            download_name="refused_rows.csv",
        )

    return door


def received(stream: IO[bytes], length: int | None) -> Iterator[bytes]:
    """The body a piece at a time. Raises BadInput when it ends before its announced length."""
    received = 0
    while chunk := stream.read(CHUNK):
        received += len(chunk)
        yield chunk
    if length is not None and received != length:
        raise BadInput("the file broke off before its end: send it again.", field="file")
    if not received:
        raise BadInput("the file is empty.", field="file")
