"""The acts of the accounts page: each asks the book and says what the page then shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dash import html, no_update
from flask import request

from callbacks.account_words import areas, words
from callbacks.field_errors import in_words, missing
from components import dialogs, messages
from components.account_form import LABELS, account_form, suggestions
from data_layer.accounts import geography
from data_layer.accounts.model import Account, AccountType, Status, Viewer
from data_layer.accounts.rules import account_faults, check_sanctioned_kw
from data_layer.book import Book
from data_layer.errors import BadInput, MeterbookError, NotFound
from data_layer.readings.model import Action

Said = dict[str, Any]
LINK_ADDRESS = "accounts-link-address"
LOAD = "sanctioned_kw"


def form(book: Book, viewer: Viewer, meter_id: str) -> Said:
    """The open form: empty for a new account, filled for a known one."""
    book.authorize(viewer, Action.MANAGE_ACCOUNTS)
    is_new = not meter_id
    try:
        account = Account("", "", "") if is_new else _account(book, meter_id)
    except NotFound as error:
        return _no_form(error)
    values = {name: str(getattr(account, name)) for name in LABELS if name != LOAD}
    load = book.supplies.sanctioned_kw(meter_id)
    values[LOAD] = f"{load:f}" if load else ""
    choices = {
        "region": words(book, geography.REGIONS, "region"),
        "area": areas(book, account.region),
        "dwelling_type": words(book, geography.DWELLING_TYPES, "dwelling_type"),
        "account_type": [kind.value for kind in AccountType],
        "tariff_code": [tariff.code for tariff in book.tariffs.catalog.all()],
    }
    return {
        "form": account_form(values, choices, is_new=is_new),
        "title": "Register an account" if is_new else f"Modify {meter_id}",
        "edited": meter_id,
        "message": "",
        "is_open": True,
    }


def _no_form(error: NotFound) -> Said:
    """Somebody has taken the account out of the file since the grid showed it."""
    return {
        "form": "",
        "title": "This account is gone",
        "edited": "",
        "message": messages.error(error.sentence),
        "is_open": True,
    }


def area_suggestions(book: Book, viewer: Viewer, region: str) -> list[html.Option]:
    """Areas of the region that stands in the form."""
    book.authorize(viewer, Action.MANAGE_ACCOUNTS)
    return suggestions(areas(book, region.strip()))


def saved(book: Book, viewer: Viewer, given: dict[str, str], *, edited: str, changed: int) -> Said:
    """The account is in the register, or a sentence stands beside the field it is about."""
    given = {name: given.get(name, "").strip() for name in LABELS}
    book.authorize(viewer, Action.MANAGE_ACCOUNTS)
    wrong = faults(given)
    if wrong:
        return _refused(wrong, "")
    try:
        account = _keep(book, viewer, given, edited)
    except MeterbookError as error:
        sentence = in_words(error, LABELS)
        if error.field in given:
            return _refused({error.field: sentence}, "")
        return _refused({}, messages.error(sentence))
    act = "is changed" if edited else "is registered"
    return {
        "errors": [""] * len(given),
        "form_message": "",
        "is_open": False,
        "message": messages.success(f"Account {account.meter_id}, {account.owner_name}, {act}."),
        "changed": changed + 1,
    }


def faults(given: dict[str, str]) -> dict[str, str]:
    """What is wrong with each field, all of them at once."""
    attributes = {**_attributes(given), "account_type": AccountType.POSTPAID}
    found = [*account_faults(Account(**attributes))]  # type: ignore[arg-type]
    if not given["meter_id"]:
        found = [missing("meter_id"), *found[1:]]
    try:
        check_sanctioned_kw(given[LOAD])
    except BadInput as error:
        found.append(error)
    return {str(error.field): in_words(error, LABELS) for error in found}


def _refused(wrong: dict[str, str], message: Any) -> Said:
    """The form as it was, with sentences beside its fields."""
    return {
        "errors": [wrong.get(name, "") for name in LABELS],
        "form_message": message,
        "is_open": True,
        "message": no_update,
        "changed": no_update,
    }


def _keep(book: Book, viewer: Viewer, given: dict[str, str], edited: str) -> Account:
    attributes: dict[str, Any] = {
        **_attributes(given),
        "account_type": _account_type(given["account_type"]),
    }
    if edited:
        attributes["meter_id"] = edited
        changed = replace(_account(book, edited), **attributes)
        kept = book.accounts.modify(changed, actor=viewer.name)
    else:
        kept = book.accounts.register(Account(**attributes), actor=viewer.name)
    book.supplies.sanction(kept.meter_id, check_sanctioned_kw(given[LOAD]), actor=viewer.name)
    return kept


def _attributes(given: dict[str, str]) -> dict[str, str]:
    """What stands in users.csv of what the form holds."""
    return {name: value for name, value in given.items() if name != LOAD}


def _account_type(word: str) -> AccountType:
    try:
        return AccountType(word)
    except ValueError as error:
        allowed = ", ".join(kind.value for kind in AccountType)
        raise BadInput(
            f"account_type {word!r} must be one of {allowed}.", field="account_type"
        ) from error


def closing_question(book: Book, viewer: Viewer, meter_id: str) -> tuple[str, str, str, str]:
    """Title, text, button and its color of the question before an account is closed or opened."""
    book.authorize(viewer, Action.MANAGE_ACCOUNTS)
    account = book.accounts.get(meter_id)
    if account is None:
        return (
            "This account is gone",
            f"Meter {meter_id} is not registered any more.",
            "Close",
            "primary",
        )
    who = f"{account.meter_id}, {account.owner_name}"
    if account.status is Status.INACTIVE:
        return (
            "Activate this account?",
            f"{who}: it takes readings again and its owner can sign in.",
            "Activate",
            "primary",
        )
    return (
        "Deactivate this account?",
        f"{who}: new readings are refused and its owner is signed out. Its history stays in the "
        "book and in all totals.",
        "Deactivate",
        "danger",
    )


def closed(book: Book, viewer: Viewer, meter_id: str, *, changed: int) -> Said:
    """The account is closed, or open again if it was closed."""
    try:
        book.authorize(viewer, Action.MANAGE_ACCOUNTS)
        is_open = _account(book, meter_id).status is Status.ACTIVE
        act = book.accounts.deactivate if is_open else book.accounts.activate
        account = act(meter_id, actor=viewer.name)
    except MeterbookError as error:
        return {"is_open": False, "message": messages.error(error.sentence), "changed": no_update}
    said = f"Account {account.meter_id} is {account.status.value} now."
    return {"is_open": False, "message": messages.success(said), "changed": changed + 1}


def link(book: Book, viewer: Viewer, meter_id: str) -> Said:
    """A one-time link to hand to the owner; it is shown here and kept nowhere."""
    try:
        book.authorize(viewer, Action.MANAGE_ACCOUNTS)
        email = _account(book, meter_id).email
        token = book.sign_in.issue_link(email, actor=viewer.name)
    except MeterbookError as error:
        return {"text": "", "is_open": False, "message": messages.error(error.sentence)}
    address = f"{request.host_url}set-up/{token}"
    text = [
        html.P(f"Give this link to {email}. It sets a new password, works once, for 24 hours."),
        html.Div(
            [
                html.Code(address, className="one-time-link", id=LINK_ADDRESS),
                dialogs.copy_button("Copy the link", source=LINK_ADDRESS),
            ],
            className="copied-text",
        ),
        html.P("It is shown only now; a newer link ends this one.", className="hint"),
    ]
    return {"text": text, "is_open": True, "message": no_update}


def _account(book: Book, meter_id: str) -> Account:
    account = book.accounts.get(meter_id)
    if account is None:
        raise NotFound(f"meter {meter_id} is not registered.", field="meter_id")
    return account
