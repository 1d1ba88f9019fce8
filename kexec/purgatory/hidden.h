/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In front of every source of purgatory, by build.sh: nothing that is declared may be
 * elsewhere, so that no address is looked up in a table that somebody would have to
 * relocate.
 */
#ifndef __ASSEMBLER__
#pragma GCC visibility push(hidden)
#endif
