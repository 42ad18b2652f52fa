"""Bill a month: every account that has a tariff, or the meters that are named.

The job's result:

    month
    made, unchanged       bills that are new or a new version, and those that stay as they are
    without_tariff        accounts that name none
    without_data          meters of which nothing is known in that month
    troubles              the first 20 others: [{meter_id, reason}]
    failed                how many of those in all

Repeatable: doing it again makes new versions only where something changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from data_layer.accounts.audit import AuditTrail
from data_layer.accounts.model import Account, AccountType, Role, Viewer
from data_layer.accounts.registry import AccountRegistry
from data_layer.billing.model import month_days
from data_layer.billing.operations import issue
from data_layer.billing.room import BillingRoom
from data_layer.errors import MeterbookError, NotFound
from data_layer.jobs.model import Result, Task
from data_layer.readings.model import Action, Scope

BILL_MONTH = "bill_month"
TROUBLES_TOLD = 20


@dataclass
class _Tally:
    made: int = 0
    unchanged: int = 0
    without_tariff: int = 0
    without_data: int = 0
    failed: int = 0
    troubles: list[dict[str, str]] = field(default_factory=list)

    def trouble(self, meter_id: str, error: MeterbookError) -> None:
        self.failed += 1
        if len(self.troubles) < TROUBLES_TOLD:
            self.troubles.append({"meter_id": meter_id, "reason": error.sentence})


@dataclass(frozen=True)
class BillMonth:
    """The journey with all it needs; called as the handler of its kind of job."""

    room: BillingRoom
    accounts: AccountRegistry
    audit: AuditTrail
    authorize: Callable[[Viewer, Action], Scope]

    def __call__(self, task: Task) -> Result:
        month = str(task.job.params["month"])
        month_days(month)
        scope = self.authorize(Viewer(Role.ADMIN, task.job.actor), Action.MANAGE_BILLS)
        tally = _Tally()
        billed = [row for row in self.accounts.all() if _is_billed(row)]
        for number, account in enumerate(billed):
            task.progress(f"bills of {month}", number, len(billed))
            task.pause_point()
            self._bill(scope, account, month, tally)
        counts = {
            "made": tally.made,
            "unchanged": tally.unchanged,
            "without_tariff": tally.without_tariff,
            "without_data": tally.without_data,
            "failed": tally.failed,
        }
        self.audit.record(task.job.actor, "month billed", month, **counts)
        return {"month": month, **counts, "troubles": tally.troubles}

    def _bill(self, scope: Scope, account: Account, month: str, tally: _Tally) -> None:
        if not account.tariff_code:
            tally.without_tariff += 1
            return
        try:
            issued = issue(self.room, scope, meter_id=account.meter_id, month=month)
        except NotFound as error:
            if error.field == "month":
                tally.without_data += 1
            else:
                tally.trouble(account.meter_id, error)
        except MeterbookError as error:
            tally.trouble(account.meter_id, error)
        else:
            tally.made += issued.is_new
            tally.unchanged += not issued.is_new


def _is_billed(account: Account) -> bool:
    return account.account_type is AccountType.POSTPAID
