"""Bugs in the way of a reading (receiving, end of the day, opening, index), and in who sees it."""

from __future__ import annotations

from tests.faults.seeded_bugs.model import Bug, bug, simulator, tests

RECEIVING = "data_layer/readings/receiving.py"
SEALING = "data_layer/readings/sealing.py"
OPENING = "data_layer/readings/opening.py"
CRASHES = simulator("home", "crashes")
LOST_DAYS = tests("tests/integration/test_local_store_lost_days.py")
MATRIX = tests("tests/integration/test_authorization_matrix.py")

READING_BUGS: tuple[Bug, ...] = (
    bug(
        "archive before the manifest is durable",
        CRASHES,
        (
            SEALING,
            "            if days or self._log.generation - 1 >",
            "            self._put_aside()\n            if days or self._log.generation - 1 >",
        ),
        (
            SEALING,
            "            if generation <= self._manifest.flushed_generation:\n",
            "            if generation < self._log.generation:\n",
        ),
    ),
    bug(
        "flushed generation one too high",
        CRASHES,
        (SEALING, "through=self._log.generation - 1)", "through=self._log.generation)"),
    ),
    bug(
        "late readings do not reach their day",
        CRASHES,
        (
            "data_layer/readings/flush.py",
            "    for day, entry in _in_threads(merge, iter(days.tolist())):\n",
            "    for day, entry in _in_threads(merge, iter(days.tolist()[-1:])):\n",
        ),
    ),
    bug(
        "late readings do not mark their day dirty",
        CRASHES,
        (
            SEALING,
            "            read_days(self._files, zone, days, sorted(days)),\n",
            "            read_days(self._files, zone, days, sorted(days)[-1:]),\n",
        ),
    ),
    bug(
        "merging a day drops its revisions",
        CRASHES,
        (
            "data_layer/readings/codec.py",
            " & (ordered.revision[1:] == ordered.revision[:-1])\n",
            "\n",
        ),
        (
            "data_layer/readings/codec.py",
            "    _refuse_contradiction(ordered, np.flatnonzero(repeats) + 1)\n",
            "",
        ),
    ),
    bug(
        "stale snapshot of the index not noticed",
        CRASHES,
        (
            "data_layer/readings/snapshots.py",
            "            sorted(d for d, entry in manifest.days.items() "
            "if self.days.get(d) != entry.sha256)\n",
            "            sorted(d for d in manifest.days if d not in self.days)\n",
        ),
    ),
    bug(
        "closed logs not seen at the start",
        CRASHES,
        (
            OPENING,
            "            if log.generation > manifest.flushed_generation\n",
            "            if log.generation > manifest.flushed_generation + 1\n",
        ),
    ),
    bug(
        "a day between its file and the manifest taken for damage",
        CRASHES,
        (
            OPENING,
            "        unsettled = self._unsettled(tails)\n        view",
            "        unsettled = frozenset()\n        view",
        ),
    ),
    bug(
        "a home without a manifest cannot be looked at",
        CRASHES,
        (
            OPENING,
            "recovered.sealed), stock.on_disk)",
            "recovered.sealed), stock.manifest.generation)",
        ),
    ),
    bug(
        "a damaged day file stops the start",
        simulator("home", "damage"),
        (
            OPENING,
            "                lost = self._taken(_expected(manifest, unsettled)).lost\n",
            "                lost = {}\n",
        ),
    ),
    bug(
        "consumption guessed across a lost day, by the index",
        LOST_DAYS,
        (
            "data_layer/readings/lost_days.py",
            "            awaited = set(seen)\n",
            "            awaited = set()\n",
        ),
    ),
    bug(
        "consumption guessed across a lost day, by the tail",
        LOST_DAYS,
        (
            "data_layer/readings/stored.py",
            "opened_across(rows, self.lost) if self.lost else rows",
            "rows",
        ),
    ),
    bug(
        "a seal stops where its snapshot is damaged",
        tests("tests/integration/test_local_store_damage.py"),
        (
            SEALING,
            "            saved, amended = self._saved(view, days, progress, rebuild=True)\n",
            "            raise\n",
        ),
    ),
    bug(
        "snapshot of the index written in place",
        tests("tests/unit/index/test_snapshot.py"),
        (
            "index/snapshot.py",
            '    beside = path.with_name(path.name + ".tmp")\n',
            "    beside = path\n",
        ),
    ),
    bug(
        "gap rule off by one",
        tests("tests/unit/index/test_history.py"),
        (
            "index/history.py",
            "        gap = (self.kinds[1:] == INITIAL) & (self.times[1:] > self.times[:-1])\n",
            "        gap = (self.kinds[1:] == INITIAL) & (self.times[1:] >= self.times[:-1])\n",
        ),
    ),
    bug(
        "export without asking for the meter",
        MATRIX,
        (
            "api/exports.py",
            "        scope = book.authorize(current_viewer(), Action.READ_METER, view.meter_id)\n",
            "        from dataclasses import replace\n\n"
            "        scope = book.authorize(current_viewer(), Action.READ_METER)\n"
            "        scope = replace(scope, meter_ids=frozenset({view.meter_id}))\n",
        ),
    ),
    bug(
        "callback without asking for the meter",
        MATRIX,
        (
            "callbacks/usage_answers.py",
            "        scope = book.authorize(viewer, action, meter_id)\n    except",
            "        scope = Scope(viewer.name, action, frozenset({meter_id}))\n    except",
        ),
    ),
    bug(
        "route open to every role",
        MATRIX,
        (
            "api/exports.py",
            '    policy.allow("exports.readings", {Role.ADMIN}, renews=False)\n',
            '    policy.allow("exports.readings", set(Role), renews=False)\n',
        ),
    ),
    bug(
        "households see every meter",
        tests("tests/unit/accounts/test_authorize.py"),
        (
            "data_layer/accounts/authorize.py",
            "    if not own and meter_id is not None:\n"
            '        raise Denied(unknown_meter(meter_id).sentence, field="meter_id")\n',
            "",
        ),
    ),
    bug(
        "publish before durable",
        CRASHES,
        (
            RECEIVING,
            "            self._log.write(ready.entry)\n"
            "            self._replace(lambda _: ready.view)\n",
            "            self._replace(lambda _: ready.view)\n"
            "            self._log.write(ready.entry)\n",
        ),
    ),
    bug(
        "repeats not noticed after a seal",
        CRASHES,
        (
            RECEIVING,
            "            found = judge(batch, verdicts, around)\n",
            "            if not view.tails[-1].runs:\n"
            "                around = around.take(np.zeros(0, dtype=np.int64))\n"
            "            found = judge(batch, verdicts, around)\n",
        ),
    ),
    bug(
        "merge into a day file that has rotted",
        simulator("home", "damage"),
        (
            "data_layer/readings/flush.py",
            "    _require(files.path(day), stored, expect)\n",
            "",
        ),
    ),
    bug(
        "tampering with the audit not noticed",
        tests("tests/unit/accounts/test_audit.py"),
        (
            "data_layer/accounts/audit.py",
            "(number, previous, sealed):\n",
            "(number, previous, entry.hash):\n",
        ),
    ),
)
