"""Moments, durations and sizes as operators read them."""

from __future__ import annotations

from datetime import datetime, timedelta

from data_layer.clock import HomeZone


def local(moment: datetime, zone: HomeZone) -> str:
    """A moment as people read it, in the home's zone."""
    return moment.astimezone(zone.zone).strftime("%Y-%m-%d %H:%M:%S")


def duration(took: timedelta) -> str:
    """A duration with the precision people care for.

    >>> duration(timedelta(seconds=75))
    '1 min 15 s'
    """
    seconds = took.total_seconds()
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 1 else "under 1 s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} days"


def counted(count: int, one: str, more: str) -> str:
    """A figure with the word for what it counts.

    >>> counted(1, "day file", "day files"), counted(2_000, "day file", "day files")
    ('1 day file', '2,000 day files')
    """
    return f"{count:,} {one if count == 1 else more}"


def size(count: int) -> tuple[str, str]:
    """Bytes as a number and its unit.

    >>> size(2_500_000)
    ('2.5', 'MB')
    """
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= factor:
            return f"{count / factor:,.1f}", unit
    return f"{count:,}", "bytes"
