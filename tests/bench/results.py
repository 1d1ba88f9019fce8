# SPDX-License-Identifier: GPL-2.0-or-later
"""RESULTS.txt: the last result of each benchmark, which replaces its own part; what heads it."""
import pathlib
import re
import subprocess

PATH = pathlib.Path(__file__).resolve().parent / "RESULTS.txt"
HEAD = "Written by tests/bench/{} --record; SPDX-License-Identifier: GPL-2.0-or-later\n\n"


def first_line(*command):
    return subprocess.run(command, capture_output=True, text=True,
                          check=False).stdout.partition("\n")[0]


def record(name, lines):
    head = re.escape(HEAD.format("@")).replace("@", "[a-z-]+")
    text = PATH.read_text(encoding="utf-8") if PATH.exists() else ""
    parts = {}
    for part in re.split(f"(?m)^(?={head})", text):
        found = re.match(head.replace("[a-z-]+", "([a-z-]+)"), part)
        if found:
            parts[found.group(1)] = part.rstrip("\n") + "\n"
    parts[name] = HEAD.format(name) + "\n".join(lines).rstrip("\n") + "\n"
    PATH.write_text("\n\n".join(parts[n] for n in sorted(parts)), encoding="utf-8")
