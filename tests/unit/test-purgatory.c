/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Purgatory's own code, run here with a machine of ours: which region it refuses, what it says
 * on the serial port and on the text screen; and how the loader fills in its parameters.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "kexec/purgatory/check.h"
#include "kexec/purgatory/purgatory.h"
#include "kexec/purgatory/x86_64/machine.h"
#include "test.h"

/* The machine: a 16550 at this port, and what went through it. */
#define PORT 0x2f8

static struct {
	uint8_t lsr;		/* what the line status register says */
	uint8_t lcr;
	uint16_t divisor;
	char text[1024];
	size_t len;
	unsigned long reads;
} uart;

void machine_out(uint16_t port, uint8_t value)
{
	ck_assert_uint_ge(port, PORT);
	ck_assert_uint_le(port, PORT + 7);
	if (port == PORT + 3)
		uart.lcr = value;
	else if (port == PORT && uart.lcr & 0x80)
		uart.divisor = (uint16_t)((uart.divisor & 0xff00) | value);
	else if (port == PORT + 1 && uart.lcr & 0x80)
		uart.divisor = (uint16_t)((uart.divisor & 0xff) | value << 8);
	else if (port == PORT) {
		ck_assert_uint_lt(uart.len, sizeof(uart.text) - 1);
		uart.text[uart.len++] = (char)value;
	}
}

uint8_t machine_in(uint16_t port)
{
	ck_assert_uint_eq(port, PORT + 5);
	uart.reads++;
	return uart.lsr;
}

static void reset_uart(uint8_t lsr)
{
	memset(&uart, 0, sizeof(uart));
	uart.lsr = lsr;
}

static struct bp_ctx *ctx;

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
}

static void teardown(void)
{
	ctx = bp_ctx_unref(ctx);
}

enum { REGIONS = KEXEC_PURGATORY_REGIONS_MAX };

static uint8_t memory[REGIONS][4096];

/* All regions, each of another length; the last is empty. */
static struct kexec_purgatory_params make_params(void)
{
	struct kexec_purgatory_params p = {
		.magic = KEXEC_PURGATORY_MAGIC,
		.version = KEXEC_PURGATORY_VERSION,
		.n_regions = REGIONS,
	};

	for (unsigned int i = 0; i < REGIONS; i++) {
		struct kexec_purgatory_region *r = &p.regions[i];
		struct bp_sha256 c;

		r->mem = (uintptr_t)memory[i];
		r->len = i == REGIONS - 1 ? 0 : 4000 - 77 * i;
		memset(memory[i], 'a' + (int)i, sizeof(memory[i]));
		bp_sha256_init(&c);
		bp_sha256_update(&c, memory[i], r->len);
		bp_sha256_final(&c, r->digest);
	}
	return p;
}

START_TEST(undamaged_regions_pass)
{
	struct kexec_purgatory_params p = make_params();
	uint8_t digest[BP_SHA256_SIZE];

	ck_assert_uint_eq(kexec_purgatory_check(&p, digest), REGIONS);
	p.n_regions = 0;
	ck_assert_uint_eq(kexec_purgatory_check(&p, digest), 0);
}
END_TEST

START_TEST(one_flipped_bit_is_refused)
{
	struct kexec_purgatory_params p = make_params();
	uint8_t digest[BP_SHA256_SIZE];
	const size_t len = p.regions[_i].len;
	const size_t at[] = { 0, len / 2, len - 1 };

	for (unsigned int i = 0; i < 3; i++) {
		memory[_i][at[i]] ^= 0x10;
		ck_assert_uint_eq(kexec_purgatory_check(&p, digest), _i);
		memory[_i][at[i]] ^= 0x10;
	}
	/* What lies behind the loaded bytes is the next kernel's to use. */
	memory[_i][len] ^= 0x10;
	ck_assert_uint_eq(kexec_purgatory_check(&p, digest), REGIONS);
	memory[_i][len] ^= 0x10;
}
END_TEST

START_TEST(a_wrong_digest_is_refused)
{
	struct kexec_purgatory_params p = make_params();
	uint8_t digest[BP_SHA256_SIZE];

	p.regions[REGIONS - 1].digest[31] ^= 1;
	ck_assert_uint_eq(kexec_purgatory_check(&p, digest), REGIONS - 1);
}
END_TEST

/* A region that does not exist, so that the addresses in the message are known. */
static struct kexec_purgatory_params complaint(void)
{
	struct kexec_purgatory_params p = {
		.n_regions = 12,
		.uart_type = KEXEC_PURGATORY_UART_16550_PORT,
		.uart = PORT,
		.regions[10] = { 0x123456789000, 0xc800000, { 0xfe, 0xdc, 0xba, 0x98, 1, 2, 3, 4, 5 } },
	};

	return p;
}
static const uint8_t found[BP_SHA256_SIZE] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 9 };

#define LINE1 "kexec: memory damaged since loading: 0x123456789000 + 0xc800000 (region 11 of 12)"
#define LINE2 "kexec: SHA-256 there 0123456789abcdef, as loaded fedcba9801020304"
#define LINE3 "kexec: the next kernel is not started; reset the machine"

START_TEST(serial_port_tells_the_region)
{
	struct kexec_purgatory_params p = complaint();

	reset_uart(0x60);
	kexec_purgatory_report(&p, 10, found);
	ck_assert_str_eq(uart.text, "\r\n" LINE1 "\r\n" LINE2 "\r\n" LINE3 "\r\n");
	ck_assert_uint_eq(uart.divisor, 0);	/* its speed was left alone */

	reset_uart(0x60);
	p.uart_baud = 9600;
	kexec_purgatory_report(&p, 10, found);
	ck_assert_uint_eq(uart.divisor, 12);
	ck_assert_uint_eq(uart.lcr, 0x03);
	ck_assert_str_eq(uart.text, "\r\n" LINE1 "\r\n" LINE2 "\r\n" LINE3 "\r\n");
}
END_TEST

START_TEST(a_stuck_serial_port_is_given_up_once)
{
	struct kexec_purgatory_params p = complaint();

	reset_uart(0);
	p.uart_baud = 115200;
	kexec_purgatory_report(&p, 10, found);
	ck_assert_uint_eq(uart.len, 0);
	ck_assert_uint_le(uart.reads, 1000000);	/* at about 1 us each */
	ck_assert_uint_eq(uart.lcr, 0);

	reset_uart(0x60);
	p.uart_type = KEXEC_PURGATORY_UART_NONE;
	kexec_purgatory_report(&p, 10, found);
	ck_assert_uint_eq(uart.reads, 0);
}
END_TEST

START_TEST(text_screen_tells_the_region)
{
	struct kexec_purgatory_params p = complaint();
	/* One more row: nothing may be written there. */
	static uint8_t screen[26][80][2];
	static const char *const lines[] = { LINE1, "", LINE2, LINE3, "" };

	memset(screen, 'x', sizeof(screen));
	p.uart_type = KEXEC_PURGATORY_UART_NONE;
	p.vga_text = (uintptr_t)screen;
	kexec_purgatory_report(&p, 10, found);
	/* The first line is as long as it can get: its last character is on the second row. */
	for (unsigned int row = 0, line = 0; row < 5; row++) {
		const char *text = row == 1 ? &LINE1[80] : lines[line];

		for (unsigned int i = 0; i < 80; i++) {
			char expected = i < strlen(text) ? text[i] : ' ';

			ck_assert_msg(screen[row][i][0] == expected, "row %u column %u: %c not %c",
				      row, i, screen[row][i][0], expected);
			ck_assert_uint_eq(screen[row][i][1], 0x4f);
		}
		line++;
	}
	ck_assert_uint_eq(screen[5][0][0], 'x');
	ck_assert_uint_eq(screen[25][0][0], 'x');
}
END_TEST

static struct bp_purgatory_params make_loader_params(void)
{
	return (struct bp_purgatory_params){
		.entry = 0x41000200,
		.boot_params = 0x40090000,
		.regions = { { .mem = 0x41000000, .len = 5, .digest = { 1, 2, 3 } },
			     { .mem = 0x42000000, .len = 0x200001, .digest = { 4, 5, 6 } } },
		.n_regions = 2,
		.uart = { .type = BP_UART_PL011, .at = 0x9000000, .io_width = 4, .baud = 115200 },
		.vga_text = true,
	};
}

/* As bp_plan_place_purgatory() does; *@ret_params: found by its magic, as in a dump. */
static uint8_t *fill(enum bp_arch arch, struct bp_purgatory_params *params, bp_phys_t at,
		     uint64_t *ret_bufsz, struct kexec_purgatory_params **ret_params)
{
	const struct bp_purgatory_ops *ops = kexec_purgatory_ops(arch);
	uint64_t memsz;
	uint8_t *bytes;

	ck_assert_ptr_nonnull(ops);
	ck_assert_uint_eq(ops->entry_offset, 0);
	params->at = 0;
	ck_assert_int_eq(ops->measure(ctx, params, ret_bufsz, &memsz), 0);
	ck_assert_uint_le(*ret_bufsz, memsz);
	ck_assert_uint_ge(memsz, KEXEC_PURGATORY_MEMSZ);
	bytes = calloc(1, *ret_bufsz);
	params->at = at;
	ck_assert_int_eq(ops->fill(ctx, params, bytes, *ret_bufsz), 0);
	*ret_params = memmem(bytes, *ret_bufsz, "prgatory", 8);
	ck_assert_ptr_nonnull(*ret_params);
	return bytes;
}

START_TEST(loader_fills_the_parameters)
{
	static const enum bp_arch arches[] = { BP_ARCH_X86_64, BP_ARCH_ARM64 };
	struct bp_purgatory_params params = make_loader_params();
	struct kexec_purgatory_params *p;
	uint64_t bufsz;
	bp_autofree uint8_t *bytes = fill(arches[_i], &params, 0x43000000, &bufsz, &p);

	ck_assert_ptr_null(kexec_purgatory_ops(BP_ARCH_UNKNOWN));
#if defined(__x86_64__)
	if (arches[_i] == BP_ARCH_X86_64)
		ck_assert_uint_eq(bytes[0], 0xfa);	/* the entry: cli */
#elif defined(__aarch64__)
	if (arches[_i] == BP_ARCH_ARM64)
		ck_assert_uint_eq(bytes[3] & 0x9f, 0x10);	/* adr */
#endif
	ck_assert_uint_eq(p->magic, KEXEC_PURGATORY_MAGIC);
	ck_assert_uint_eq(p->version, KEXEC_PURGATORY_VERSION);
	ck_assert_uint_eq(p->entry, 0x41000200);
	ck_assert_uint_eq(p->boot_params, 0x40090000);
	ck_assert_uint_eq(p->n_regions, 2);
	ck_assert_uint_eq(p->regions[1].mem, 0x42000000);
	ck_assert_uint_eq(p->regions[1].len, 0x200001);
	ck_assert_uint_eq(p->regions[1].digest[2], 6);
	ck_assert_uint_eq(p->regions[2].len, 0);
	ck_assert_uint_eq(p->uart_type, KEXEC_PURGATORY_UART_PL011);
	ck_assert_uint_eq(p->uart, 0x9000000);
	ck_assert_uint_eq(p->uart_io_width, 4);
	ck_assert_uint_eq(p->uart_baud, 115200);
	ck_assert_uint_eq(p->vga_text, 0xb8000);
	ck_assert_uint_eq(p->page_tables,
			  arches[_i] == BP_ARCH_ARM64 ? 0x43000000 + KEXEC_PURGATORY_MEMSZ : 0);
}
END_TEST

/* Where arm64's tables map @virt to: itself, or 0 where there is nothing. */
static uint64_t walk(const uint8_t *bytes, uint64_t bufsz, bp_phys_t at, uint64_t table, uint64_t virt)
{
	for (int shift = 39; shift >= 12; shift -= 9) {
		uint64_t offset = table - at + 8 * (virt >> shift & 511), d;

		ck_assert_uint_lt(offset, bufsz);
		d = bp_le64(bytes + offset);
		if (!(d & 1))
			return 0;
		table = d & UINT64_C(0xfffffffff000);
		if (shift == 12 || !(d & 2))
			return table + (virt & ((UINT64_C(1) << shift) - 1));
	}
	return 0;
}

START_TEST(arm64_maps_what_is_checked)
{
	/* In one table with the regions; across 512 GiB, which takes all tables of its own. */
	static const bp_phys_t places[] = { 0x43000000, 0x7fffff9000, 0x40ff7000 };
	struct bp_purgatory_params params = make_loader_params();
	struct kexec_purgatory_params *p;
	uint64_t bufsz;
	bp_autofree uint8_t *bytes = fill(BP_ARCH_ARM64, &params, places[_i], &bufsz, &p);
	const struct { bp_phys_t start, end; } mapped[] = {
		{ 0x41000000, 0x41001000 }, { 0x42000000, 0x42201000 },
		{ places[_i], places[_i] + bufsz },
	};
	size_t pages = 0;

	for (size_t i = 0; i < BP_ARRAY_SIZE(mapped); i++)
		for (bp_phys_t at = mapped[i].start; at < mapped[i].end; at += 4096)
			ck_assert_uint_eq(walk(bytes, bufsz, places[_i], p->page_tables, at), at);
	/* And nothing beside it: all of RAM around. */
	for (bp_phys_t at = 0x40000000; at < 0x44000000; at += 4096) {
		bool wanted = false;

		for (size_t i = 0; i < BP_ARRAY_SIZE(mapped); i++)
			wanted |= at >= mapped[i].start && at < mapped[i].end;
		pages += wanted;
		ck_assert_uint_eq(walk(bytes, bufsz, places[_i], p->page_tables, at),
				  wanted ? at : 0);
	}
	ck_assert_uint_ge(pages, 1 + 0x201);
}
END_TEST

START_TEST(arm64_without_checks_needs_no_tables)
{
	struct bp_purgatory_params params = make_loader_params();
	struct kexec_purgatory_params *p;
	uint64_t bufsz;

	params.n_regions = 0;
	free(fill(BP_ARCH_ARM64, &params, 0x43000000, &bufsz, &p));
	ck_assert_uint_lt(bufsz, KEXEC_PURGATORY_MEMSZ);
	/* Not above 48 bits, either. */
	params.entry = UINT64_C(1) << 50;
	free(fill(BP_ARCH_ARM64, &params, UINT64_C(1) << 51, &bufsz, &p));
}
END_TEST

START_TEST(arm64_does_not_check_above_48_bits)
{
	const struct bp_purgatory_ops *ops = kexec_purgatory_ops(BP_ARCH_ARM64);
	struct bp_purgatory_params params = make_loader_params();
	bp_autofree uint8_t *bytes = calloc(1, 0x40000);
	uint64_t bufsz, memsz;

	/* Its own place */
	ck_assert_int_eq(ops->measure(ctx, &params, &bufsz, &memsz), 0);
	params.at = UINT64_C(1) << 48;
	ck_assert_uint_le(bufsz, 0x40000);
	ck_assert_int_eq(ops->fill(ctx, &params, bytes, bufsz), -ERANGE);
	bp_forgive(ctx);
	/* A region's */
	params.at = 0;
	params.regions[1].mem = (UINT64_C(1) << 48) - 0x200000;
	ck_assert_int_eq(ops->measure(ctx, &params, &bufsz, &memsz), -ERANGE);
	ck_assert_str_eq(bp_ctx_message(ctx), "purgatory cannot map what it is to check "
			 "(--no-checks: jump without checks): 0x1000000000000 is an address of more "
			 "than 48 bits, which arm64 page tables of 4 KiB pages do not reach");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("purgatory");
	TCase *t = tcase_create("purgatory");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, undamaged_regions_pass);
	tcase_add_loop_test(t, one_flipped_bit_is_refused, 0, REGIONS - 1);
	tcase_add_test(t, a_wrong_digest_is_refused);
	tcase_add_test(t, serial_port_tells_the_region);
	tcase_add_test(t, a_stuck_serial_port_is_given_up_once);
	tcase_add_test(t, text_screen_tells_the_region);
	tcase_add_loop_test(t, loader_fills_the_parameters, 0, 2);
	tcase_add_loop_test(t, arm64_maps_what_is_checked, 0, 3);
	tcase_add_test(t, arm64_without_checks_needs_no_tables);
	tcase_add_test(t, arm64_does_not_check_above_48_bits);
	suite_add_tcase(s, t);
	return run_suite(s);
}
