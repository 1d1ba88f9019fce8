# SPDX-License-Identifier: GPL-2.0-or-later
"""Recorded machines (.tree, see bootparams(8)) as entries that can be changed."""


class Machine:
    """entries: path -> the lines of the entry, as they stand in the file."""

    def __init__(self, text):
        self.entries = {}
        current = None
        for line in text.splitlines():
            if line[:1] in ("|", "\\", " "):
                current.append(line)
            elif line and not line.startswith("#"):
                current = [line]
                self.entries[line.split()[1]] = current

    def __str__(self):
        return "".join(line + "\n" for lines in self.entries.values() for line in lines)

    def set(self, path, value):
        self.entries[path] = [f"text {path} {value}"]

    def link(self, path, target):
        self.entries[path] = [f"link {path} {target}"]

    def file(self, path, _):
        self.entries[path] = [f"text {path}"]

    def hex(self, path, data):
        self.entries[path] = [f"hex {path}", " " + bytes.fromhex(data).hex(" ")]

    def error(self, path, name):
        self.entries[path] = [f"error {path} {name}"]

    def drop(self, path):
        gone = [p for p in self.entries if p == path or p.startswith(path + "/")]
        if not gone:
            raise ValueError(f"{path} is not there")
        for p in gone:
            del self.entries[p]

    def line(self, path, text):
        """One more at the end."""
        self.entries[path].append("|" + text)

    def swap(self, path, old, new):
        """Text of one line for another."""
        lines = self.entries[path]
        found = [i for i, line in enumerate(lines) if old in line]
        if len(found) != 1:
            raise ValueError(f"{path} has {len(found)} lines with {old}")
        lines[found[0]] = lines[found[0]].replace(old, new)

    def take(self, path, text):
        """Away with one line."""
        self.entries[path].remove("|" + text)

    def bytes(self, path):
        data = bytearray()
        lines = self.entries[path]
        for word in [*lines[0].split()[2:], *(w for line in lines[1:] for w in line.split())]:
            if word[0] == "@":
                data += bytes(int(word[1:], 16) - len(data))
            else:
                byte, _, times = word.partition("*")
                data += bytes.fromhex(byte) * int(times or 1)
        return data

    def patch(self, path, offset, new):
        """Other bytes there."""
        data = self.bytes(path)
        data[offset:offset + len(new)] = new
        rows = [f" @{at:03x} {data[at:at + 32].hex(' ')}" for at in range(0, len(data), 32)]
        self.entries[path] = [f"hex {path}", *rows]

    def find(self, path, old, new):
        """Other bytes in the place of these."""
        at = self.bytes(path).index(old)
        if len(new) != len(old):
            raise ValueError(f"{old} and {new} differ in length")
        self.patch(path, at, new)
