#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The comparison that tests/demo shows: one crash case, loaded by kexec-tools and by ours.

Reads what runner.Run collected; writes kexec-tools.png and kexec-bootparams.png.
"""

import argparse
import pathlib
import shutil
import sys

import cases
import judge
import packages
import runner
import zeropage

TITLES = {"peer": "kexec-tools", "ours": "kexec-bootparams"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kexec", required=True, metavar="PATH")
    parser.add_argument("--results", required=True, metavar="DIR")
    parser.add_argument("--case", required=True, metavar="NAME", help="a case of run-vm --list")
    args = parser.parse_args()
    case = next((c for c in cases.all_cases() if c.name == args.case), None)
    if case is None or case.flip:
        parser.error(f"no case {args.case}")
    kernels, tools = packages.load_state()
    rows, results = {a: judge.read_expect(a) for a in judge.TABLES}, pathlib.Path(args.results)
    pages, titles, failed = [], [], False
    for loader, kexec in (("peer", {}), ("ours", {case.arch: args.kexec})):
        title = TITLES[loader]
        print(f"\n== {title}: {case.owner} owns the screen, {case.jump} into the next kernel")
        run = runner.Run(case, runner.Bench(kernels, tools, rows, results, kexec,
                                            pathlib.Path(args.kexec).parent))
        result = run.go()
        if "next.tar.gz" not in run.files:
            print(f"it did not get there: {result['reason']}")
            return 1
        reports = {n: judge.read_report(run.files[f"{n}.tar.gz"]) for n in ("first", "next")}
        if not pages:
            pages.append(judge.boot_page(reports["first"]))
            titles.append("first kernel")
        pages.append(judge.boot_page(reports["next"]))
        titles.append(title)
        shutil.copy(run.folder / "next.png", results / f"{title}.png")
        print(f"{reports['next']['uname'].decode().strip()}")
        text, share = judge.text_seen(run.files, run.shots, "next")
        print(f"took {result['seconds']} s; fb0 of the next kernel: "
              f"{judge.fb_owner(reports['next'])}; its text on the screen: {text}")
        if result["status"] != "passed":
            failed = True
            print(f"not as tests/vm/expect.tbl says: {result['reason']}")
    print("\n== screen_info ('*': not what the first kernel had)")
    for line in zeropage.screen_lines(pages, titles):
        print(line)
    print(f"\nScreens: {results}/{TITLES['peer']}.png {results}/{TITLES['ours']}.png")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
