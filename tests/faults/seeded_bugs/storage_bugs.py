"""Bugs in the log, its recovery, day files, manifest, registry files and database."""

from __future__ import annotations

from tests.faults.seeded_bugs.model import Bug, bug, simulator, tests

LOG = "data_layer/storage/write_ahead_log.py"
FILES = "data_layer/storage/durable_files.py"
RECOVERY = "data_layer/storage/log_recovery.py"
FORMAT = "data_layer/storage/log_format.py"
REGISTRY = "data_layer/storage/registry_file.py"
CRASHES, FAULTS = simulator("log", "crashes"), simulator("log", "faults")
DAMAGE = simulator("home", "damage")
SYNC = "                self._make_durable(descriptor)\n                self._crc"

STORAGE_BUGS: tuple[Bug, ...] = (
    bug("acknowledge before fdatasync", CRASHES, (LOG, SYNC, "                self._crc")),
    bug(
        "wrong chain start after a seal",
        CRASHES,
        (LOG, "                self._crc = following.crc\n", ""),
    ),
    bug(
        "seal without fsync of the folder",
        CRASHES,
        (LOG, "                fsync_folder(self.folder)\n", ""),
    ),
    bug(
        "who comes after an interrupted wait commits beside what it waited for",
        tests("tests/unit/storage/test_group_commit.py"),
        (
            "data_layer/storage/group_commit.py",
            "        _wait(group.over)\n        group = group.before\n",
            "        _wait(group.over)\n        group = None\n",
        ),
    ),
    bug(
        "take lines after an interrupted write",
        tests("tests/unit/storage/test_write_ahead_log.py"),
        (LOG, '                self._poisoned("a write was interrupted")\n', ""),
    ),
    bug(
        "retry after an fsync error",
        FAULTS,
        (
            LOG,
            "            with suppress(OSError):\n"
            "                os.ftruncate(descriptor, self._length)\n"
            '            raise self._poisoned(f"the disk failed to keep a write: '
            '{error.strerror}") from error\n',
            "            self._sync(descriptor)\n",
        ),
    ),
    bug(
        "accept after poison",
        simulator("home", "faults"),
        (LOG, "        if self._poison is not None:\n", "        if self._poison == '':\n"),
        (
            "data_layer/readings/receiving.py",
            "        return self._closed or poison or self._stopped\n",
            "        return self._closed or self._stopped or (poison or '')[:0]\n",
        ),
    ),
    bug(
        "leave in the log what a failed fsync dropped",
        FAULTS,
        (
            LOG,
            "            with suppress(OSError):\n"
            "                os.ftruncate(descriptor, self._length)\n            raise",
            "            raise",
        ),
    ),
    bug(
        "ENOSPC leaves half a line",
        FAULTS,
        (LOG, "            self._cut_back(descriptor)\n", ""),
    ),
    bug(
        "short write ignored",
        FAULTS,
        (FILES, "    if written < len(data):\n", "    if written < 0:\n"),
    ),
    bug(
        "no fsync of the folder after a rename",
        simulator("registry", "crashes"),
        (FILES, "        fsync_folder(path.parent)\n", ""),
    ),
    bug(
        "no fsync of the .tmp",
        simulator("registry", "crashes"),
        (
            FILES,
            "        write_all(descriptor, data)\n        os.fsync(descriptor)\n",
            "        write_all(descriptor, data)\n",
        ),
    ),
    bug(
        "no fsync of files in recovery",
        CRASHES,
        (FILES, "                fsync_file(path)\n", "                continue\n"),
    ),
    bug(
        "no fsync of folders in recovery",
        CRASHES,
        (
            FILES,
            "                fsync_file(path)\n        fsync_folder(folder)\n",
            "                fsync_file(path)\n",
        ),
    ),
    bug(
        "torn end not cut",
        CRASHES,
        (RECOVERY, "            os.ftruncate(file.fileno(), found.good_bytes)\n", ""),
    ),
    bug(
        "damage taken for a torn end",
        DAMAGE,
        (
            FORMAT,
            "    found.torn = not found.valid_after and (is_beginning or _HOLE in rest)\n",
            "    found.torn = bool(is_beginning or rest)\n",
        ),
    ),
    bug(
        "checksums of the log not checked",
        DAMAGE,
        (
            FORMAT,
            "    good = checked(block, found.crc)\n    found.crc = good.crc\n"
            "    found.lines += good.lines\n    found.good_bytes += good.length\n"
            "    return good.payload\n",
            '    *lines, rest = block.split(b"\\n")\n'
            "    found.crc = int(lines[-1][-8:], 16) if lines else found.crc\n"
            "    found.lines += len(lines)\n    found.good_bytes += len(block) - len(rest)\n"
            '    return b"".join(line[:-CRC_LENGTH] + b"\\n" for line in lines)\n',
        ),
    ),
    bug(
        "no copy of a damaged log",
        DAMAGE,
        (
            RECOVERY,
            '        if self._mend:\n            sentence = f"{sentence} A copy is kept as '
            '{keep_aside(path)}."\n',
            "",
        ),
    ),
    bug(
        "readings taken into a damaged home",
        DAMAGE,
        (
            "data_layer/readings/local_store.py",
            "        if opened.damage:\n",
            "        if opened.recovered.damage:\n",
        ),
    ),
    bug(
        "manifest without its checksum",
        tests("tests/unit/storage/test_manifest.py"),
        (
            "data_layer/storage/manifest.py",
            "    return stated is not None and int",
            "    return stated is None or True or int",
        ),
    ),
    bug(
        "manifest written in place",
        CRASHES,
        (
            "data_layer/storage/manifest.py",
            '        write_atomically(path, _CRC.sub(b"%08x" % crc32(text), text, count=1), '
            "mode=0o600)\n",
            '        path.write_bytes(_CRC.sub(b"%08x" % crc32(text), text, count=1))\n',
        ),
    ),
    bug(
        "manifest before the day file is durable",
        CRASHES,
        (
            "data_layer/storage/day_files.py",
            "        write_atomically(self.path(day), data)\n",
            "        self.path(day).with_suffix('.new').write_bytes(data)\n"
            "        self.path(day).with_suffix('.new').rename(self.path(day))\n",
        ),
    ),
    bug(
        "registry written in place",
        simulator("registry", "crashes"),
        (
            REGISTRY,
            "        write_atomically(self.path, after, mode=0o600)\n",
            "        self.path.write_bytes(after)\n",
        ),
    ),
    bug(
        "registry without a lock",
        tests("tests/unit/storage/test_registry_file.py"),
        (
            REGISTRY,
            "            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
            "            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)\n",
        ),
    ),
    bug(
        "registry that others can read",
        simulator("registry", "crashes"),
        (REGISTRY, "after, mode=0o600)", "after, mode=0o644)"),
    ),
    bug(
        "folders of a new home not durable",
        simulator("home", "crashes"),
        (
            "data_layer/storage/home.py",
            "            for path in (self.private, self.folder, self.folder.parent):\n"
            "                fsync_folder(path)\n",
            "",
        ),
    ),
    bug(
        "SQLite with synchronous=NORMAL",
        tests("tests/unit/storage/test_database.py"),
        ("data_layer/storage/database.py", '"synchronous=FULL"', '"synchronous=NORMAL"'),
    ),
    bug(
        "SQLite with synchronous=OFF",
        tests("tests/unit/storage/test_database.py"),
        ("data_layer/storage/database.py", '"synchronous=FULL"', '"synchronous=OFF"'),
    ),
)
