/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Says in the binary what is loaded on demand, for packagers' dependency generators:
 * https://uapi-group.org/specifications/specs/elf_dlopen_metadata/
 */
#ifndef BP_CORE_DLOPEN_NOTE_H
#define BP_CORE_DLOPEN_NOTE_H

#ifdef STATIC_KEXEC
/* nothing is loaded: the decompressors are linked in, libefivar is done without */
#define BP_DLOPEN_NOTE(feature, description, priority, soname) _Static_assert(1, "")
#else
/* @priority: "recommended" or "suggested" */
#define BP_DLOPEN_NOTE(feature, description, priority, soname)                \
	__asm__(".pushsection .note.dlopen, \"a\", %note\n"                   \
		".balign 4\n"                                                 \
		".long 4, 2f - 1f, 0x407c0c0a\n"                              \
		".asciz \"FDO\"\n"                                            \
		"1: .asciz \"[{\\\"feature\\\":\\\"" feature "\\\","          \
		"\\\"description\\\":\\\"" description "\\\","                 \
		"\\\"priority\\\":\\\"" priority "\\\","                       \
		"\\\"soname\\\":[\\\"" soname "\\\"]}]\"\n"                   \
		"2: .balign 4\n"                                              \
		".popsection\n")
#endif

#endif
