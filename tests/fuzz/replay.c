/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main() of a fuzz target in the plain build: runs the files named on the command line or,
 * as a test, every file of tests/fuzz/corpus/NAME/ (NAME from the program's own), in TAP.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

static int run(const char *path)
{
	struct bp_buf b = { 0 };
	FILE *f = fopen(path, "re");
	uint8_t *exact;
	size_t n;

	if (!f)
		return -errno;
	do {
		if (bp_buf_reserve(&b, 65536))
			abort();
		n = fread(b.data + b.len, 1, 65536, f);
		b.len += n;
	} while (n);
	fclose(f);
	/* Exactly as long as the input, so that AddressSanitizer sees a byte too far. */
	exact = malloc(b.len ? b.len : 1);
	MUST(exact);
	if (b.len)
		memcpy(exact, b.data, b.len);
	LLVMFuzzerTestOneInput(exact, b.len);
	free(exact);
	bp_buf_done(&b);
	return 0;
}

static int is_visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("top_srcdir"), *name = strstr(argv[0], "fuzz-");
	struct dirent **files;
	char path[PATH_MAX];
	int n, failed = 0;

	for (int i = 1; i < argc; i++) {
		int r = run(argv[i]);

		if (r) {
			fprintf(stderr, "%s: %s\n", argv[i], strerror(-r));
			return EXIT_FAILURE;
		}
	}
	if (argc > 1)
		return EXIT_SUCCESS;
	/* The last one: the build directory may be called anything. */
	for (const char *next = name; next; next = strstr(next + 1, "fuzz-"))
		name = next;
	if (!srcdir || !name) {
		printf("Bail out! top_srcdir is not set\n");
		return EXIT_FAILURE;
	}
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", srcdir, name + strlen("fuzz-"));
	n = scandir(path, &files, is_visible, alphasort);
	if (n <= 0) {
		printf("Bail out! no corpus in %s\n", path);
		return EXIT_FAILURE;
	}
	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		char file[PATH_MAX + 256];
		int r;

		snprintf(file, sizeof(file), "%s/%s", path, files[i]->d_name);
		r = run(file);
		failed += !!r;
		printf("%sok %d - %s\n", r ? "not " : "", i + 1, files[i]->d_name);
		fflush(stdout);
		free(files[i]);
	}
	free(files);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
