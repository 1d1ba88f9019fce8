# SPDX-License-Identifier: GPL-2.0-or-later
"""Judges what a machine reported: against expect.tbl and against its own first kernel."""

import dataclasses
import fnmatch
import io
import pathlib
import re
import struct
import subprocess
import tarfile
import zlib

import cases
import goprecord
import picture
import zeropage

HERE = pathlib.Path(__file__).resolve().parent
KEYS = ["loader", "kernel", "owner", "call", "jump"]
TABLES = {
    "amd64": ("expect.tbl", KEYS + ["video", "base", "size", "caps", "secure", "desc", "data",
                                    "geometry", "fb", "text"]),
    "arm64": ("expect-arm64.tbl", KEYS + ["video", "base", "size", "caps", "geometry", "fb",
                                          "text", "via"]),
}
READABLE = 0.98         # of the characters; a blinking cell or two may be caught in between


@dataclasses.dataclass
class Check:
    name: str
    ok: bool
    want: str
    got: str


def read_expect(arch, path=None):
    name, columns = TABLES[arch]
    path = path or HERE / name
    rows = []
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            if len(words) != len(columns):
                raise ValueError(f"{path}:{number}: {len(words)} columns, not {len(columns)}")
            rows.append(dict(zip(columns, words)))
    return rows


def expect_row(rows, **key):
    found = [r for r in rows
             if all(any(fnmatch.fnmatchcase(key[k], p) for p in r[k].split(",")) for k in KEYS)]
    if len(found) != 1:
        raise LookupError(f"{len(found)} rows of expectations for "
                          f"{' '.join(key[k] for k in KEYS)}")
    return found[0]


def read_report(data):
    """{path: bytes} of a report's tar archive."""
    files = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            if member.isfile():
                files[member.name.removeprefix("./")] = tar.extractfile(member).read()
    return files


SETUP_E820_EXT = 1
SETUP_HANDOVER = 0x4250484f     # libbootparams/wire/handover.h
HANDOVER_HEADER = struct.Struct("<8sIIII")


def boot_page(report):
    """What the firmware or the loader told the kernel: x86's zero page, its e820 with what did not
    fit into the page; arm64's screen_info.

    An arm64 kernel without data symbols and without a frame buffer shows no screen_info.
    """
    if "sys/kernel/boot_params/data" in report:
        page = zeropage.decode(report["sys/kernel/boot_params/data"])
        for number, kind in setup_data_nodes(report):
            if kind == SETUP_E820_EXT:
                data = report[f"sys/kernel/boot_params/setup_data/{number}/data"]
                page["e820"] += zeropage.decode_e820(data, len(data) // zeropage.E820_ENTRY.size)
        return page
    if b"scan: 0 found" in report["screen_info.how"]:
        return zeropage.decode_screen(bytes(zeropage.SCREEN_BYTES))
    if "screen_info" not in report:
        raise ValueError(f"no screen_info: {report['screen_info.how'].decode()}")
    return zeropage.decode_screen(report["screen_info"])


def setup_data_nodes(report):
    """[(number, type)] of the setup_data chain."""
    found = [(re.fullmatch(r"sys/kernel/boot_params/setup_data/(\d+)/type", path), data)
             for path, data in report.items()]
    return sorted((int(match[1]), int(data, 0)) for match, data in found if match)


def iomem(report, names):
    """[(start, end)] of the lines of /proc/iomem with one of the names, whatever their depth."""
    lines = re.findall(r"^ *([0-9a-f]+)-([0-9a-f]+) : (.*)$", report["proc/iomem"].decode(), re.M)
    return [(int(start, 16), int(last, 16) + 1) for start, last, name in lines if name in names]


def without(ranges, holes):
    """Sorted, joined where they touch, without what lies in holes."""
    edges = sorted([(at, step) for start, end in ranges for at, step in ((start, 1), (end, -1))] +
                   [(at, step) for start, end in holes
                    for at, step in ((start, -1000), (end, 1000))])
    out, depth, since = [], 0, None
    for i, (at, step) in enumerate(edges):
        depth += step
        if i + 1 < len(edges) and edges[i + 1][0] == at:
            continue
        if depth > 0 and since is None:
            since = at
        elif depth <= 0 and since is not None:
            out.append((since, at))
            since = None
    return out


def written(ranges):
    return " ".join(f"{start:#x}-{end:#x}" for start, end, *_ in ranges) or "none"


def fb_owner(report):
    text = report.get("proc/fb", b"").decode()
    for name, word in cases.FB_WORDS.items():
        if word and word in text:
            return name
    return text.strip() or "none"


def text_seen(files, shots, name):
    """One of the words of expect.tbl's last column, and the share of readable text."""
    if f"{name}.font" not in files:
        return "none", 0.0
    shot = shots[name]
    share = picture.readable_share(shot, picture.read_font(files[f"{name}.font"]),
                                   files[f"{name}.vcsa"])
    if share >= READABLE:
        return "readable", share
    return ("black" if shot.is_blank() else "garbled"), share


def _same_or_zero(want, first, got):
    """Check of a number that shall be "same", "zero", "-" or a number."""
    meant = {"same": first, "zero": 0}.get(want)
    if meant is None:
        meant = int(want, 0)
    return got == meant, f"{want} ({meant:#x})", f"{got:#x}"


def judge_screen(row, first, following, line=(0, 0)):
    """Checks of one row's zero page columns; `first` and `following` are zero pages, line the range
    that the video device of Hyper-V claims."""
    for column, field, name in (("video", "orig_video_isVGA", "screen type"),
                                ("base", "lfb_base", "base"),
                                ("size", "lfb_size", "size"),
                                ("caps", "capabilities", "capabilities"),
                                ("secure", "secure_boot", "secure_boot"),
                                ("desc", "efi_memdesc_size", "EFI descriptor size")):
        want = row.get(column, "-")
        if want == "-":
            continue
        if column == "size" and want == "64k":
            meant = (first["lfb_bytes"] + 0xffff) >> 16
            got = following["lfb_size"]
            yield Check(name, got == meant, f"64k ({meant:#x})", f"{got:#x}")
            continue
        if want == "line":
            meant = line[0] if column == "base" else line[1] - line[0]
            got = following["lfb_base" if column == "base" else "lfb_bytes"]
            yield Check(name, got == meant != 0, f"line ({meant:#x})", f"{got:#x}")
            continue
        yield Check(name, *_same_or_zero(want, first[field], following[field]))
    want = row["geometry"]
    if want != "-":
        fields = ["lfb_width", "lfb_height", "lfb_linelength", "lfb_depth"]
        got = tuple(following[f] for f in fields)
        if want == "same":
            meant = tuple(first[f] for f in fields)
        elif want == "zero":
            meant = (0, 0, 0, 0)
        else:
            meant = tuple(map(int, re.split("[x/]", want))) + (first["lfb_depth"],)
        yield Check("geometry", got == meant, f"{want} {meant}", str(got))


def setup_data_types(report):
    """Of the setup_data chain, sorted: [4, 9]; without the hand-over record."""
    return sorted(kind for _, kind in setup_data_nodes(report) if kind != SETUP_HANDOVER)


def handover_places(report):
    """{where: bytes} of the hand-over records: in setup_data, in the device tree, in the initrd."""
    found = {}
    for number, kind in setup_data_nodes(report):
        if kind == SETUP_HANDOVER:
            found[f"setup_data/{number}"] = report[f"sys/kernel/boot_params/setup_data/{number}/data"]
    tree = report.get("sys/firmware/fdt", b"")
    if b"BPHANDOV" in tree:
        found["/chosen"] = tree[tree.index(b"BPHANDOV"):]
    if "kexec-bootparams/handover" in report:
        found["initrd"] = report["kexec-bootparams/handover"]
    return found


def handover_fault(data, release):
    """What is wrong with a record, or "good"."""
    if len(data) < HANDOVER_HEADER.size:
        return f"{len(data)} bytes"
    magic, version, size, crc, _ = HANDOVER_HEADER.unpack_from(data)
    if (magic, version) != (b"BPHANDOV", 1) or not HANDOVER_HEADER.size < size <= len(data):
        return f"magic {magic}, version {version}, size {size} of {len(data)}"
    if zlib.crc32(data[HANDOVER_HEADER.size:size]) != crc:
        return "another CRC"
    return "good" if release + b"\0" in data[:size] else f"no word of {release.decode()}"


def judge_handover(loader, reports):
    """The record of ours that the next system gets, whatever the call; reports: (first, next)."""
    found = handover_places(reports[1])
    yield Check("hand-over records", len(found) == (loader == "ours"),
                "1" if loader == "ours" else "0", " ".join(found) or "none")
    release = reports[0]["uname"].split()[2]
    for where, data in found.items():
        got = handover_fault(data, release)
        yield Check(f"hand-over record in {where}", got == "good", "good", got)


def rsdp(report):
    found = re.search(rb"ACPI: RSDP (0x[0-9A-Fa-f]+)", report["dmesg"])
    return found[1].decode() if found else "none"


def judge_firmware(row, reports, pages):
    """What the next kernel knows of the firmware; reports and pages: (first, next)."""
    if row["data"] != "-":
        got = ",".join(map(str, setup_data_types(reports[1]))) or "none"
        yield Check("setup_data types", got == row["data"], row["data"], got)
    got = [rsdp(report) for report in reports]
    yield Check("ACPI RSDP", got[0] == got[1], got[0], got[1])
    if pages[0]["efi_systab"]:
        got = [page["efi_systab"] | page["efi_systab_hi"] << 32 for page in pages]
        yield Check("EFI system table", got[0] == got[1], f"{got[0]:#x}", f"{got[1]:#x}")
        runs = any(p.startswith("sys/firmware/efi/runtime-map/") for p in reports[1])
        yield Check("EFI runtime services", runs, "mapped", "mapped" if runs else "absent")


def first_words(report, pattern):
    """What the first group of a pattern matched in the kernel's log, or "none"."""
    found = re.search(pattern, report["dmesg"].decode("utf-8", "replace"), re.M)
    return found[1].strip() if found else "none"


def ram_bytes(report):
    """Of the memory that /proc/iomem names."""
    found = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) : System RAM$",
                       report["proc/iomem"].decode(), re.M)
    return sum(int(end, 16) + 1 - int(start, 16) for start, end in found)


def judge_arm64(reports, pages, crash):
    """What the next kernel knows of firmware and memory; reports and pages: (first, next)."""
    for name, report, page in zip(("first", "next"), reports, pages):
        # beside what vm-helper found in its memory
        want = f"{page['lfb_base']:#x}" if page["orig_video_isVGA"] else "none"
        got = first_words(report, r"efifb: framebuffer at (0x[0-9a-f]+)")
        yield Check(f"frame buffer in the {name} kernel's log", want == got, want, got)
    for name, pattern in (("ACPI RSDP", r"ACPI: RSDP (0x[0-9A-Fa-f]+)"),
                          ("SMBIOS", r"DMI: (?!SMBIOS)(.*)"),
                          ("EFI runtime services", r"(Registered efivars operations)")):
        want, got = [first_words(report, pattern) for report in reports]
        yield Check(name, want == got, want, got)
    # GICv3: tables in memory that is no longer reserved
    said = first_words(reports[1], r"(Booted with LPIs enabled.*)")
    yield Check("interrupt controller's tables", said == "none", "none", said)
    if not crash:
        total = [ram_bytes(report) for report in reports]
        near = total[1] >= total[0] * 0.98
        yield Check("RAM handed on", near, f"at least 98% of {total[0]:#x}", f"{total[1]:#x}")


def judge_memory(first, following, crash):
    """The map that the next kernel got, whatever the screen."""
    joined = [e for e in following["e820"]
              if e[2] == 1 and e[0] < 0x100000 < e[1]]
    yield Check("no RAM entry across 1 MiB", not joined, "none", written(joined))
    if crash:
        return
    ram = [[e for e in page["e820"] if e[2] == 1] for page in (first, following)]
    total = [sum(e - s for s, e, _ in part) for part in ram]
    # the first kernel's setup_data pages are RAM to it and reserved in what it hands on
    near = total[1] >= total[0] * 0.98
    yield Check("RAM handed on", near, f"at least 98% of {total[0]:#x}", f"{total[1]:#x}")


E820_NAMES = {"System RAM": 1, "Reserved": 2, "ACPI Tables": 3, "ACPI Non-volatile Storage": 4,
              "Unusable memory": 5}


def firmware_map(report):
    """/sys/firmware/memmap as an e820 map: [(start, end, type)]."""
    said = {}
    for line in report["memmap"].decode().splitlines():
        path, _, value = line.partition(":")
        number, _, name = path.removeprefix("./").partition("/")
        said.setdefault(number, {})[name] = value
    return sorted((int(e["start"], 0), int(e["end"], 0) + 1, E820_NAMES[e["type"]])
                  for e in said.values())


def judge_holes(case, reports, pages):
    """A long map: each entry as the first kernel had it, where the next one was handed it and
    where it shows what it made of it; reports and pages: (first, next)."""
    had = firmware_map(reports[0])
    least = max(2 * case.holes, zeropage.E820_MAX + 1)
    yield Check("entries of the first kernel's map", len(had) >= least, f"at least {least}",
                str(len(had)))
    for name, got in (("map handed on", pages[1]["e820"]),
                      ("map that the next kernel made of it", firmware_map(reports[1]))):
        odd = sorted(set(had) ^ set(got))
        yield Check(name, got == had, f"{len(had)} entries",
                    f"{len(got)} entries, different: {written(odd[:8])}")


def mem_total(report):
    return int(re.search(rb"MemTotal: +(\d+) kB", report["proc/meminfo"])[1]) << 10


def cma_ranges(report):
    text = report.get("sys/kernel/kexec/crash_cma_ranges", b"").decode()
    return [(int(start, 16), int(last, 16) + 1)
            for start, last in re.findall(r"^([0-9a-f]+)-([0-9a-f]+)$", text, re.M)]


def judge_cma(loaded, following, page):
    """Is the memory of crashkernel=,cma the crash kernel's as well?"""
    ranges = cma_ranges(loaded)
    got = sum(end - start for start, end in ranges) >> 20
    yield Check("MiB in crash_cma_ranges", got == cases.CMA_MIB, str(cases.CMA_MIB), str(got))
    ram = [(start, end) for start, end, kind in page["e820"] if kind == 1]
    missing = without(ranges, ram)
    yield Check("CMA in the crash kernel's map", ranges and not missing, "all of it",
                f"missing: {written(missing)}")
    region = sum(end - start for start, end in iomem(loaded, ["Crash kernel"]))
    total = mem_total(following)
    yield Check("MemTotal of the crash kernel", total > region,
                f"more than its region's {region >> 20} MiB", f"{total >> 20} MiB")


def judge_high(loaded, following):
    """Is the memory of crashkernel=,high and the part below 4 GiB the crash kernel's?"""
    regions = iomem(loaded, ["Crash kernel"])
    above = [start >= 1 << 32 for start, _ in regions]
    yield Check("crash kernel's regions", above == [False, True], "one below 4 GiB, one above",
                written(regions))
    ram = iomem(following, ["System RAM"])
    for start, end in regions:
        got = sum(max(0, min(end, e) - max(start, s)) for s, e in ram)
        yield Check(f"RAM of the crash kernel in {start:#x}-{end:#x}",
                    got >= (end - start) * 0.9, f"at least 90% of {end - start:#x}", f"{got:#x}")
    beyond = without(ram, regions)
    yield Check("RAM of the crash kernel beyond its regions", not beyond, "none",
                written(beyond))


def judge_takeover(case, report, files, shots):
    """The next kernel after it loaded its DRM driver."""
    got = fb_owner(report)
    yield Check("fb0 after the driver was loaded", got == case.owner, case.owner, got)
    got, share = text_seen(files, shots, "taken")
    yield Check("text on the screen then", got == "readable", "readable", f"{got} ({share:.0%})")
    log = report["dmesg"].decode("utf-8", "replace")
    bad = re.findall(r"^.*(?:conflict|can't (?:reserve|claim)|cannot (?:reserve|claim)|Call Trace|"
                     r"WARNING:|BUG:).*$", log, re.M)
    yield Check("no conflict in the kernel log", not bad, "none", "; ".join(bad) or "none")


def vmcore_ranges(head):
    """Physical memory that the PT_LOAD headers of a vmcore name."""
    out = subprocess.run(["readelf", "-W", "-l", head], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True, check=False)
    found = re.findall(r"^ +LOAD +0x\w+ 0x\w+ (0x\w+) 0x\w+ (0x\w+)", out.stdout, re.M)
    return [(int(start, 0), int(start, 0) + int(size, 0)) for start, size in found]


def pages_of(ranges):
    """Grown to whole pages, as the kernel does."""
    return [(start & ~0xfff, (end + 0xfff) & ~0xfff) for start, end in ranges]


def elf_notes(head):
    """What readelf says about the notes in the first bytes of a vmcore."""
    out = subprocess.run(["readelf", "-W", "-n", head], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True, check=False)
    return out.stdout


def judge_vmcoreinfo(head, first_report):
    """Whose VMCOREINFO is it? The next kernel may be of the same release, but lies elsewhere."""
    for key, meant in (("OSRELEASE", first_report["uname"].decode().split()[2]),
                       ("SYMBOL(_stext)", first_report["stext"].decode().split()[0])):
        found = re.search(re.escape(key.encode()) + rb"=(\S+)\n", head)
        got = found[1].decode() if found else "none"
        yield Check(f"{key} in VMCOREINFO is the first kernel's", got == meant, meant, got)


def judge_vmcore(case, files, folder, first_report, last_report):
    notes = elf_notes(folder / "vmcore-head")
    count = notes.count("NT_PRSTATUS")
    # a CPU that is offline at the crash leaves no note, nor does one that the crashing kernel
    # waited for in vain, which a starved emulator can make it do
    online = case.cpus - ("--hotplug" in case.options)
    log = (folder / "console.log").read_text(encoding="utf-8", errors="replace")
    online -= len(re.findall(r"SMP: failed to stop secondary CPUs \d", log))
    yield Check("NT_PRSTATUS notes by readelf -n", count == online, str(online), str(count))
    yield Check("VMCOREINFO note by readelf -n", "VMCOREINFO" in notes, "present",
                "present" if "VMCOREINFO" in notes else "absent")
    meant = without(iomem(last_report, ["System RAM"]),
                    iomem(last_report, ["Crash kernel"]) + cma_ranges(last_report) +
                    [(0, 0x100000)])
    got = without(pages_of(vmcore_ranges(folder / "vmcore-head")), [])
    yield Check("memory in the vmcore", got == without(pages_of(meant), []), written(meant),
                written(got))
    yield from judge_vmcoreinfo(files["vmcore-head"], first_report)
    found = re.search(rb"found (\d+)", files["find.out"])
    pages = int(found[1]) if found else -1
    meant = cases.PATTERN_MIB * 256
    yield Check("pages of the pattern in /proc/vmcore", pages == meant, str(meant), str(pages))
    if not case.dump:
        return
    for name in ("makedumpfile", "dump-dmesg"):
        last = files[f"{name}.out"].decode("utf-8", "replace").strip().splitlines()[-1]
        yield Check(name, last == "exit status 0", "exit status 0", last)
    said = b"sysrq: Trigger a crash" in files.get("vmcore-dmesg", b"")
    yield Check("kernel log in the vmcore", said, "holds the crash", str(said))


def console_lines(text):
    """What the first kernel's printk wrote: up to where the time begins anew."""
    lines, last = [], 0.0
    for line in text.splitlines():
        # what others write to the port may stand before, and when vm.py read the line
        found = re.search(r"\[ *(\d+\.\d{6})\] .*", line)
        if not found:
            continue
        seconds = float(found[1])
        if seconds < last - 1:
            break
        last = seconds
        lines.append(re.sub(r"[^\t -~]", lambda m: "".join(rf"\x{b:02x}" for b in m[0].encode()),
                            found[0].rstrip("\r\n")))
    return lines


def judge_kernel_log(files, folder):
    """The log by vmcore-dmesg has each line that the console had, in that order."""
    console = (folder / "console.log").read_text(encoding="utf-8", errors="replace")
    wanted = console_lines(console)
    lines = files["kernel-log"].decode("ascii").splitlines()
    missing, at = [], 0
    for line in wanted:
        if line in lines[at:]:
            at = lines.index(line, at) + 1
        else:
            missing.append(line)
    said = files["kernel-log.said"].decode("utf-8", "replace").strip()
    yield Check("vmcore-dmesg", said.splitlines()[-1] == "exit status 0", "exit status 0", said)
    yield Check("lines of the console in the log of the vmcore", bool(wanted) and not missing,
                "all", f"{len(wanted) - len(missing)} of {len(wanted)}: {missing[:3]}"
                if missing else f"all {len(wanted)}")
    yield Check("the panic in the log of the vmcore",
                any("Kernel panic - not syncing: " in line for line in lines), "there", "not there")


def judge_lost_vmcore(files, folder):
    """kexec-tools' headers where they are known to be wrong, so that nothing can be read."""
    sizes = [end - start for start, end in vmcore_ranges(folder / "vmcore-head")]
    yield Check("memory in the vmcore", max(sizes, default=0) >= 1 << 52,
                "a segment of more than all memory", f"{max(sizes, default=0):#x} bytes")
    found = re.search(rb"found (\d+)", files["find.out"])
    yield Check("pages of the pattern in /proc/vmcore", not found, "none",
                found[1].decode() if found else "none")


def beginning(files):
    """The report of the kernel that the firmware started."""
    return read_report(files["before.tar.gz" if "before.tar.gz" in files else "first.tar.gz"])


def observe(files, shots):
    """What the columns of expectations would have to say for this run."""
    reports = {"first": beginning(files), "next": read_report(files["next.tar.gz"])}
    first, following = boot_page(reports["first"]), boot_page(reports["next"])

    def seen(field):
        if field not in first:
            return "-"
        value = following[field]
        return "same" if value == first[field] else "zero" if value == 0 else f"{value:#x}"
    geometry = [f"{p['lfb_width']}x{p['lfb_height']}/{p['lfb_linelength']}"
                for p in (first, following)]
    text, share = text_seen(files, shots, "next")
    got = {"video": f"{following['orig_video_isVGA']:#x}", "base": seen("lfb_base"),
           "size": seen("lfb_size"), "caps": seen("capabilities"),
           "secure": seen("secure_boot"), "desc": seen("efi_memdesc_size"),
           "data": ",".join(map(str, setup_data_types(reports["next"]))) or "none",
           "geometry": "same" if geometry[0] == geometry[1] else geometry[1],
           "fb": fb_owner(reports["next"]), "text": text, "share": round(share, 3)}
    if "screen_info.how" in reports["next"]:
        got["via"] = carried_via(files["load.out"])
    return got


def carried_via(said):
    """The method that our loader says it hands an arm64 kernel the frame buffer by."""
    found = re.search(rb"framebuffer handed over by (\S+):", said)
    return found[1].decode() if found else "nothing"


def judge_gop_record(case, report, page):
    """Does the firmware's record say what its kernel's own screen_info says, field by field?"""
    record = goprecord.decode(report[goprecord.FILE])
    console = goprecord.console(record)
    for field, meant in goprecord.screen_info(console).items():
        yield Check(f"{field} of the GOP record", meant == page[field], f"{page[field]:#x}",
                    f"{meant:#x}")
    yield Check("framebuffer size of the GOP record", console.size >= page["lfb_size"],
                f"at least {page['lfb_size']:#x}", f"{console.size:#x}")
    watched = record.flags & (goprecord.FINAL | goprecord.WATCHED)
    want = case.gop_record != "sysprep"
    yield Check("taken until the kernel took over", bool(watched) == want, str(want),
                f"flags {record.flags:#x}")


def judge(case, loader, files, shots, folder, rows):
    """All checks of a run that got to its end."""
    reports = {n: read_report(files[f"{n}.tar.gz"]) for n in ("first", "next")}
    out, told = [], reports["first"]
    if case.lost:
        got = boot_page(told)["lfb_base"]
        out.append(Check("base that the first kernel was told", got == 0, "0x0", f"{got:#x}"))
        reports["first"] = beginning(files)
    first, following = boot_page(reports["first"]), boot_page(reports["next"])
    if case.gop_record:
        out += judge_gop_record(case, told, first)
    row = expect_row(rows[case.arch], loader=loader, kernel=case.first, owner=case.expect_owner,
                     call=case.call, jump=case.jump)
    lines = iomem(told, [cases.SYNTHVID])
    out += judge_screen(row, first, following, *lines[:1])
    both, crash = [reports["first"], reports["next"]], case.jump == "crash"
    if case.arch == "arm64":
        out += judge_arm64(both, [first, following], crash)
    else:
        out += judge_firmware(row, both, [first, following])
        out += judge_memory(first, following, crash)
    out += judge_handover(loader, both)
    if row["fb"] != "-":
        got = fb_owner(reports["next"])
        out.append(Check("fb0 of the next kernel", got == row["fb"], row["fb"], got))
    if row["text"] not in ("any", "-"):
        got, share = text_seen(files, shots, "next")
        out.append(Check("text on the screen", got == row["text"], row["text"],
                         f"{got} ({share:.0%})"))
    if crash:
        got = reports["next"]["vmcore"].decode().strip()
        out.append(Check("is the crash kernel", got == "/proc/vmcore", "/proc/vmcore", got))
    if row.get("via", "-") != "-":
        got = carried_via(files["load.out"])
        out.append(Check("the frame buffer is handed over by", got == row["via"], row["via"], got))
    if case.says and loader == "ours":
        said = files["load.out"].decode("utf-8", "replace").strip()
        out.append(Check("what the loader says", bool(re.search(case.says, said, re.I)),
                         case.says, said))
    if case.uki:
        line = reports["next"]["proc/cmdline"].decode().strip()
        out.append(Check("the command line is the UKI's", cases.UKI_WORD in line.split(),
                         cases.UKI_WORD, line))
    loaded = read_report(files["loaded.tar.gz"])
    if case.third:
        want = boot_page(read_report(files["before.tar.gz"]))["lfb_base"]
        got = following["lfb_base"]
        out.append(Check("base in the kernel before", got == want, f"{want:#x}", f"{got:#x}"))
    if case.holes:
        out += judge_holes(case, both, [first, following])
    if case.takeover:
        out += judge_takeover(case, read_report(files["taken.tar.gz"]), files, shots)
    if ",cma" in case.crashkernel:
        out += judge_cma(loaded, reports["next"], following)
    if ",high" in case.crashkernel:
        out += judge_high(loaded, reports["next"])
    if "--hotplug" in case.options and loader == "ours":
        for what in ("cpu", "memory"):
            got = loaded.get(f"sys/devices/system/{what}/crash_hotplug", b"").decode().strip()
            out.append(Check(f"the kernel follows {what} hotplug", got == "1", "1", got))
    if case.vmcore and loader == "peer" and not case.peer_dump:
        out += judge_lost_vmcore(files, folder)
    elif case.vmcore:
        last = read_report(files["plugged.tar.gz"]) if case.plug_mib else loaded
        out += judge_vmcore(case, files, folder, reports["first"], last)
        if loader == "ours":
            out += judge_kernel_log(files, folder)
    return out
