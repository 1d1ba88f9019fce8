/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a vmcore made by make-vmcore.h, for tests of commands:
 *
 *	make-vmcore FORMAT MACHINE FILE [RECORDS [HOLE]]
 *
 * with RECORDS (20) lines of log, and HOLE bytes of memory that are a hole of the file. With
 * HOLE "small" the file is as small as it can be, as fuzzing wants it. A log of another size
 * is a matter of compiling (tests/bench/vmcore-dmesg).
 */
#include "config.h"

#include <fcntl.h>

#include "make-vmcore.h"

#ifndef TEXT_BITS
#define TEXT_BITS 14
#endif

static int find(const char *const *names, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return i;
	fprintf(stderr, "make-vmcore: %s?\n", name);
	exit(2);
}

int main(int argc, char **argv)
{
	struct make_vmcore *m = calloc(1, sizeof(*m));
	unsigned long records = argc > 4 ? strtoul(argv[4], NULL, 0) : 20;
	int fd;

	if (argc < 4 || !m)
		return 2;
	m->small = argc > 5 && !strcmp(argv[5], "small");
	make_init(m, (enum make_format)find(make_formats, MAKE_FORMATS, argv[1]),
		  (enum make_machine)find(make_machines, MAKE_MACHINES, argv[2]),
		  m->small ? 3 : TEXT_BITS - 6, m->small ? 9 : TEXT_BITS);
	m->hole = argc > 5 ? strtoull(argv[5], NULL, 0) : 0;
	for (unsigned long i = 0; i < records; i++) {
		char text[200];
		int n = snprintf(text, sizeof(text), "record %lu: ", i);

		/* Lengths as logs have them: short and long. */
		for (unsigned long k = 0; k < i * 37 % 90; k++)
			text[n++] = (char)('a' + k % 26);
		make_add(m, i * 10000000 + 123456, i % 7 ? 1000 + (uint32_t)i : 0x80000001,
			 text, (size_t)n);
	}
	make_add(m, records * 10000000, 0, "escape \x1b[0m, tab\t, \xc3\xa9", 21);
	make_finish(m);
	fd = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0) {
		perror(argv[3]);
		return 1;
	}
	make_write(m, fd);
	make_done(m);
	free(m);
	return close(fd) < 0;
}
