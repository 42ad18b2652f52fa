"""What a command says of bills that failed in a month that was billed."""

from __future__ import annotations

from collections.abc import Mapping

from cli.console import tell


def tell_failed(result: Mapping[str, object]) -> int:
    """How many bills of a job's result failed; on stderr how many and the first reasons."""
    failed = int(str(result.get("failed", 0)))
    if not failed:
        return 0
    told: list[dict[str, str]] = result["troubles"]  # type: ignore[assignment]
    for trouble in told:
        tell(f"{trouble['meter_id']}: {trouble['reason']}")
    bills = "1 bill" if failed == 1 else f"{failed:,} bills"
    above = "" if len(told) == failed else f"; the first {len(told):,} are above"
    tell(f"Error: {bills} of {result['month']} failed{above}.")
    return failed
