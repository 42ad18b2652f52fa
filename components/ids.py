"""Every id on every page, so that layout, callback and test cannot disagree about one.

Each page has a StrEnum of its own whose values start with the page's name. Charts come in pairs
addressed by pattern (see `charts.py`): the server fills `chart_source(name)`, the browser paints
it into `chart(name)` in the colors of the theme.
"""

from __future__ import annotations

from enum import StrEnum


class Shell(StrEnum):
    """The frame around every page."""

    THEME = "shell-theme"
    """Store: "light" or "dark", kept by assets/js/theme.js."""
    NAVIGATION = "shell-navigation"
    PAGES = "shell-pages"
    """List of the pages; where they are many, a button opens it on a phone."""
    MAIN = "main"
    HELP = "shell-help"
    NOTICE = "notice"


class Usage(StrEnum):
    """A household's consumption."""

    VIEW = "usage-view"
    """Store: the page's whole state, the same words as in the address."""
    METERS = "usage-meters"
    CARDS = "usage-cards"
    CONTROLS = "usage-controls"
    COMPARE = "usage-compare"
    RANGE = "usage-range"
    MESSAGE = "usage-message"
    TITLE = "usage-title"
    QUALITY = "usage-quality"
    CHART = "usage"
    """Name for chart(...) and chart_source(...)."""
    CHART_BOX = "usage-chart-box"
    ACTIONS = "usage-actions"
    TABLE = "usage-table"
    HOURS = "usage-hours"
    """Name of the chart of hours and days."""
    HOURS_SHOWN = "usage-hours-shown"
    """Store: which meter and days that chart shows, so that it is drawn only when they change."""
    HOURS_NOTE = "usage-hours-note"
    HOURS_BOX = "usage-hours-box"


class Bill(StrEnum):
    """A household's bill of a month."""

    VIEW = "bill-view"
    """Store: the page's whole state, the same words as in the address."""
    METERS = "bill-meters"
    CONTROLS = "bill-controls"
    MESSAGE = "bill-message"
    SHEET = "bill-sheet"
    HEAD = "bill-head"
    DAYS = "bill-days"
    """Name for chart(...) and chart_source(...)."""
    FOOT = "bill-foot"
    PROJECTION = "bill-projection"
    HISTORY = "bill-history"


class Government(StrEnum):
    """Consumption of groups of households."""

    VIEW = "government-view"
    """Store: the page's whole state, the same words as in the address."""
    CONTROLS = "government-controls"
    MESSAGE = "government-message"
    TITLE = "government-title"
    CARDS = "government-cards"
    OVER_TIME = "government-over-time"
    AREAS = "government-areas"
    DWELLING_TYPES = "government-dwelling-types"
    """Names for chart(...) and chart_source(...)."""
    OVER_TIME_HEAD = "government-over-time-head"
    AREAS_HEAD = "government-areas-head"
    DWELLING_TYPES_HEAD = "government-dwelling-types-head"
    GROUPS_HEAD = "government-groups-head"
    GROUPS = "government-groups"
    """Grid of groups."""


class Upload(StrEnum):
    """Readings one by one and in files. assets/upload.js uses the ids of the file."""

    FORM = "upload-form"
    METER = "upload-meter"
    METERS = "upload-meters"
    TIME = "upload-time"
    READING = "upload-reading"
    SEND = "upload-send"
    METER_ERROR = "upload-meter-error"
    SHOWING = "upload-showing"
    """Which of two showings, for a time that the clock shows twice."""
    SHOWING_BOX = "upload-showing-box"
    TIME_ERROR = "upload-time-error"
    READING_ERROR = "upload-reading-error"
    RECEIPT = "upload-receipt"
    DROP = "upload-drop"
    CHOOSE = "upload-choose"
    REFUSED = "upload-refused"
    SENDING = "upload-sending"
    NAME = "upload-name"
    BAR = "upload-bar"
    SENT = "upload-sent"
    STOP = "upload-stop"
    STAGED = "upload-staged"
    """Store: what the server answered to the sent file."""
    VIEW = "upload-view"
    """Store: the words of the address; `job` is the file being checked or imported."""
    NEXT = "upload-next"
    """Store: words that the address shall have next."""
    POLL = "upload-poll"
    PROGRESS = "upload-progress"
    FILE_METER = "upload-file-meter"
    CHECK_AGAIN = "upload-check-again"
    IMPORT = "upload-import"
    DISCARD = "upload-discard"


class Accounts(StrEnum):
    """The accounts: search, register, modify, deactivate, sign-in."""

    VIEW = "accounts-view"
    CONTROLS = "accounts-controls"
    COUNT = "accounts-count"
    GRID = "accounts-grid"
    EMPTY = "accounts-empty"
    SELECTED = "accounts-selected"
    ACTIONS = "accounts-actions"
    REGISTER = "accounts-register"
    MODIFY = "accounts-modify"
    DEACTIVATE = "accounts-deactivate"
    LINK = "accounts-link"
    USAGE = "accounts-usage"
    MESSAGE = "accounts-message"
    DIALOG = "accounts-dialog"
    DIALOG_TITLE = "accounts-dialog-title"
    EDITED = "accounts-edited"
    """Store: the meter being modified, "" while registering."""
    FORM = "accounts-form"
    FORM_MESSAGE = "accounts-form-message"
    SAVE = "accounts-save"
    CANCEL = "accounts-cancel"
    CONFIRM = "accounts-confirm"
    CONFIRM_TEXT = "accounts-confirm-text"
    CONFIRM_YES = "accounts-confirm-yes"
    CONFIRM_NO = "accounts-confirm-no"
    LINK_DIALOG = "accounts-link-dialog"
    LINK_TEXT = "accounts-link-text"
    LINK_CLOSE = "accounts-link-close"
    CHANGED = "accounts-changed"
    """Store: counts changes, so that the grid asks again."""


class Readings(StrEnum):
    """All stored readings: filter, page through, correct, export."""

    VIEW = "readings-view"
    CONTROLS = "readings-controls"
    MESSAGE = "readings-message"
    COUNT = "readings-count"
    EXPORT = "readings-export"
    GRID = "readings-grid"
    EMPTY = "readings-empty"
    SELECTED = "readings-selected"
    CORRECT = "readings-correct"
    DIALOG = "readings-dialog"
    DIALOG_TEXT = "readings-dialog-text"
    VALUE = "readings-value"
    VALUE_ERROR = "readings-value-error"
    WITHDRAW = "readings-withdraw"
    REASON = "readings-reason"
    REASON_ERROR = "readings-reason-error"
    SAVE = "readings-save"
    CANCEL = "readings-cancel"
    CHANGED = "readings-changed"
    """Store: counts corrections, so that the grid asks again."""


class Operations(StrEnum):
    """The state of the home and the work that is done on it."""

    POLL = "operations-poll"
    CARDS = "operations-cards"
    HEALTH = "operations-health"
    END_DAY = "operations-end-day"
    RESTORE = "operations-restore"
    BACK_UP = "operations-back-up"
    STOP = "operations-stop"
    RESUME = "operations-resume"
    CONFIRM = "operations-confirm"
    CONFIRM_TEXT = "operations-confirm-text"
    CONFIRM_YES = "operations-confirm-yes"
    CONFIRM_NO = "operations-confirm-no"
    ASKED = "operations-asked"
    """Store: which act the open dialog asks about."""
    MESSAGE = "operations-message"
    RUNNING = "operations-running"
    HISTORY = "operations-history"
    LOG = "operations-log"
    LOG_CHOICE = "operations-log-choice"
    AUDIT = "operations-audit"


class Keys(StrEnum):
    """API keys: listed, made, revoked."""

    TABLE = "keys-table"
    MESSAGE = "keys-message"
    MAKE = "keys-make"
    DIALOG = "keys-dialog"
    NAME = "keys-name"
    NAME_ERROR = "keys-name-error"
    ROLE = "keys-role"
    ROLE_ERROR = "keys-role-error"
    METERS = "keys-meters"
    METERS_ERROR = "keys-meters-error"
    METERS_BOX = "keys-meters-box"
    METER_WORDS = "keys-meter-words"
    FORM_MESSAGE = "keys-form-message"
    SAVE = "keys-save"
    CANCEL = "keys-cancel"
    MADE = "keys-made"
    MADE_TEXT = "keys-made-text"
    MADE_CLOSE = "keys-made-close"
    CONFIRM = "keys-confirm"
    CONFIRM_TEXT = "keys-confirm-text"
    CONFIRM_YES = "keys-confirm-yes"
    CONFIRM_NO = "keys-confirm-no"
    ASKED = "keys-asked"
    """Store: which key the open question is about."""
    CHANGED = "keys-changed"
    """Store: counts changes, so that the list is asked for again."""


class Tariffs(StrEnum):
    """What energy costs: tariffs listed and explained, files of them checked and entered."""

    VIEW = "tariffs-view"
    """Store: the words of the address: `tariff`, `version`, and `file`, `series` being checked."""
    NEXT = "tariffs-next"
    """Store: words that the address shall have next."""
    COUNT = "tariffs-count"
    MESSAGE = "tariffs-message"
    LIST = "tariffs-list"
    DETAILS = "tariffs-details"
    SERIES = "tariffs-series"
    DROP = "tariffs-drop"
    CHOOSE = "tariffs-choose"
    REFUSED = "tariffs-refused"
    SENDING = "tariffs-sending"
    STAGED = "tariffs-staged"
    """Store: what the server answered to the sent file."""
    ENTERED = "tariffs-entered"
    REPORT = "tariffs-report"
    ENTER = "tariffs-enter"
    DISCARD = "tariffs-discard"
    CHANGED = "tariffs-changed"
    """Store: counts what was entered, so that the list is asked for again."""


class Billing(StrEnum):
    """Bills of all meters: a month is billed, its outcome told, every bill listed."""

    VIEW = "billing-view"
    """Store: the page's whole state, the same words as in the address."""
    COUNT = "billing-count"
    EXPORT = "billing-export"
    FORM = "billing-form"
    MONTH = "billing-month"
    MONTH_ERROR = "billing-month-error"
    RUN = "billing-run"
    CONFIRM = "billing-confirm"
    CONFIRM_TEXT = "billing-confirm-text"
    CONFIRM_YES = "billing-confirm-yes"
    CONFIRM_NO = "billing-confirm-no"
    ASKED = "billing-asked"
    """Store: the month that the open question is about."""
    POLL = "billing-poll"
    OUTCOME = "billing-outcome"
    CONTROLS = "billing-controls"
    MESSAGE = "billing-message"
    EMPTY = "billing-empty"
    SELECTED = "billing-selected"
    ACTIONS = "billing-actions"
    PDF = "billing-pdf"
    AGAIN = "billing-again"
    GRID = "billing-grid"
    CHANGED = "billing-changed"
    """Store: names what was billed last, so that the grid asks again."""


def revoke_key(key_id: str) -> dict[str, str]:
    """Id of the button that ends a key, such as `k7`."""
    return {"type": "keys-revoke", "key": key_id}


def account_field(name: str) -> dict[str, str]:
    """Id of the field of an account's attribute in the form."""
    return {"type": "account-field", "name": name}


def account_error(name: str) -> dict[str, str]:
    """Id of the sentence below that field."""
    return {"type": "account-error", "name": name}


def account_words(name: str) -> str:
    """Id of the list of words that the field suggests."""
    return f"accounts-words-{name.replace('_', '-')}"


def chart(name: str) -> dict[str, str]:
    """Id of the drawn graph; its clickData is the callback's input."""
    return {"type": "chart", "name": name}


def chart_source(name: str) -> dict[str, str]:
    """Id of the store that a callback fills with a figure from figures.py."""
    return {"type": "chart-source", "name": name}


LOGS = ("log.txt", "maintenance.log", "error.log", "api.log", "system.log")
"""The logs whose end the operations page shows, the readings' own first."""
