"""Bill a month: every account that has a tariff, or the meters that are named.

The job's result:

    month
    made, unchanged       bills that are new or a new version, and those that stay as they are
    new_versions          how many of those made took the place of an earlier version
    without_tariff        accounts that name none
    without_data          meters of which nothing is known in that month
    not_billed            the first 100 of both: [{meter_id, reason}]
    failed                those that could not be billed for another reason
    troubles              the first 20 of them: [{meter_id, reason}]

Repeatable: doing it again makes new versions only where something changed. A month that is not
over is refused by `begin_billing`, so that every door refuses it before there is a job.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from data_layer.accounts.audit import AuditTrail
from data_layer.accounts.model import Account, AccountType, Role, Viewer
from data_layer.accounts.registry import AccountRegistry
from data_layer.billing.making import require_over
from data_layer.billing.operations import issue
from data_layer.billing.room import BillingRoom
from data_layer.errors import MeterbookError, NotFound
from data_layer.jobs.model import Job, Result, Task
from data_layer.jobs.queue import Jobs
from data_layer.readings.model import Action, Scope

BILL_MONTH = "bill_month"
TROUBLES_TOLD, NOT_BILLED_TOLD = 20, 100
NO_TARIFF = "its account names no tariff: give it one."


def begin_billing(jobs: Jobs, month: str, *, today: date, actor: str) -> str:
    """Put the billing of a month into the queue; the job's id.

    Raises RuleBroken for a month that is not over on this local day, BadInput for no month.
    """
    require_over(month, today=today)
    return jobs.start(BILL_MONTH, {"month": month}, actor=actor)


def how_it_ended(job: Job) -> str:
    """The job's state in a word, and how many of its bills failed: `done, 1 failed`.

    One bill that fails does not fail the job, which has made the others.
    """
    failed = job.result.get("failed", 0)
    return f"{job.state.value}, {failed:,} failed" if failed else job.state.value


@dataclass
class _Tally:
    made: int = 0
    new_versions: int = 0
    unchanged: int = 0
    without_tariff: int = 0
    without_data: int = 0
    failed: int = 0
    troubles: list[dict[str, str]] = field(default_factory=list)
    not_billed: list[dict[str, str]] = field(default_factory=list)

    def leave_out(self, meter_id: str, reason: str) -> None:
        if len(self.not_billed) < NOT_BILLED_TOLD:
            self.not_billed.append({"meter_id": meter_id, "reason": reason})

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
        require_over(month, today=self.room.today())
        scope = self.authorize(Viewer(Role.ADMIN, task.job.actor), Action.MANAGE_BILLS)
        tally = _Tally()
        billed = [row for row in self.accounts.all() if _is_billed(row)]
        for number, account in enumerate(billed):
            task.progress(f"bills of {month}", number, len(billed))
            task.pause_point()
            self._bill(scope, account, month, tally)
        counts = {
            "made": tally.made,
            "new_versions": tally.new_versions,
            "unchanged": tally.unchanged,
            "without_tariff": tally.without_tariff,
            "without_data": tally.without_data,
            "failed": tally.failed,
        }
        self.audit.record(task.job.actor, "month billed", month, **counts)
        told = {"troubles": tally.troubles, "not_billed": tally.not_billed}
        return {"month": month, **counts, **told}

    def _bill(self, scope: Scope, account: Account, month: str, tally: _Tally) -> None:
        if not account.tariff_code:
            tally.without_tariff += 1
            tally.leave_out(account.meter_id, NO_TARIFF)
            return
        try:
            issued = issue(self.room, scope, meter_id=account.meter_id, month=month)
        except NotFound as error:
            if error.field == "month":
                tally.without_data += 1
                tally.leave_out(account.meter_id, error.sentence)
            else:
                tally.trouble(account.meter_id, error)
        except MeterbookError as error:
            tally.trouble(account.meter_id, error)
        else:
            tally.made += issued.is_new
            tally.new_versions += issued.is_new and issued.bill.version > 1
            tally.unchanged += not issued.is_new


def _is_billed(account: Account) -> bool:
    return account.account_type is AccountType.POSTPAID
