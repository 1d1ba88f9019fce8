/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every unit test shares: a main() that runs one suite with TAP output. */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

#include <check.h>
#include <stdlib.h>

/* A test that hangs is ended; one on a machine that has other work is not. */
__attribute__((constructor)) static void set_timeout(void)
{
	setenv("CK_DEFAULT_TIMEOUT", "120", 0);
}

static inline int run_suite(Suite *suite)
{
	SRunner *sr = srunner_create(suite);
	int failed;

	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
