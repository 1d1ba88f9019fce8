/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel log of a vmcore: each format on each machine, rings that have gone round,
 * damage of each kind. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "image/printk.h"
#include "make-vmcore.h"
#include "test.h"

static struct make_vmcore *m;
static struct bp_ctx *ctx;
static struct bp_buf log_text, warnings;
static struct bp_printk_counts counts;
static bool caller_id;

static void keep_warning(void *data, enum bp_log_level level, const char *line)
{
	ck_assert_int_eq(bp_buf_printf(&warnings, "%s\n", line), 0);
}

static void setup(void)
{
	struct bp_ctx_opts opts = { .size = sizeof(opts), .log_level = BP_LOG_WARNING,
				    .log = keep_warning };

	ck_assert_int_eq(bp_ctx_new_from_tree(&opts, "test", bp_span_make("", 0), &ctx), 0);
	m = calloc(1, sizeof(*m));
	ck_assert_ptr_nonnull(m);
	caller_id = false;
}

static void teardown(void)
{
	make_done(m);
	free(m);
	ctx = bp_ctx_unref(ctx);
	bp_buf_done(&log_text);
	bp_buf_done(&warnings);
}

static void start(enum make_format format, enum make_machine machine)
{
	make_init(m, format, machine, 5, 11);
}

static void add(uint64_t ns, const char *text)
{
	make_add(m, ns, 0x80000001, text, strlen(text));
}

static int keep(void *data, const void *text, size_t len)
{
	return bp_buf_append(&log_text, text, len);
}

static int open_file(int fd, struct bp_vmcore **ret)
{
	static char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return bp_vmcore_open(ctx, path, ret);
}

/* Write the core, all of it or @size bytes, read its log. */
static int read_log_of(uint64_t size)
{
	struct bp_printk_opts opts = { .caller_id = caller_id, .write = keep };
	bp_autoclose int fd = memfd_create("core", MFD_CLOEXEC);
	bp_autovmcore struct bp_vmcore *v = NULL;
	int r;

	ck_assert_int_ge(fd, 0);
	make_write(m, fd);
	if (size)
		ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
	bp_buf_done(&log_text);
	bp_buf_done(&warnings);
	memset(&counts, 0, sizeof(counts));
	r = open_file(fd, &v);
	return r ? r : bp_printk_write(v, &opts, &counts);
}

static int read_log(void)
{
	make_finish(m);
	return read_log_of(0);
}

/* What is said of the file: without its name. */
static const char *message(void)
{
	const char *said = bp_ctx_message(ctx);

	ck_assert_int_eq(strncmp(said, "/proc/self/fd/", 14), 0);
	said = strchr(said, ':');
	ck_assert_ptr_nonnull(said);
	return said + 2;
}

static bool warned(const char *text)
{
	return strstr(bp_buf_str(&warnings), text);
}

/* ---- what is there ---- */

START_TEST(every_format_on_every_machine)
{
	enum make_format format = (enum make_format)(_i / MAKE_MACHINES);

	start(format, (enum make_machine)(_i % MAKE_MACHINES));
	add(0, "Linux version 6.12.0");
	add(1234567890, "second");
	add(98765432109876, "a day later");
	ck_assert_msg(!read_log(), "%s", bp_ctx_message(ctx));
	if (format == MAKE_FLAT)
		ck_assert_str_eq(bp_buf_str(&log_text),
				 "<6>[    0.000000] Linux version 6.12.0\n"
				 "<6>[    1.234567] second\n"
				 "<6>[98765.432109] a day later\n");
	else
		ck_assert_str_eq(bp_buf_str(&log_text),
				 "[    0.000000] Linux version 6.12.0\n"
				 "[    1.234567] second\n"
				 "[98765.432109] a day later\n");
	ck_assert_uint_eq(counts.damaged, 0);
	ck_assert_uint_eq(counts.records, format == MAKE_FLAT ? 0 : 3);
	ck_assert_str_eq(bp_buf_str(&warnings), "");
}
END_TEST

START_TEST(empty_log)
{
	start((enum make_format)_i, MAKE_X86);
	ck_assert_int_eq(read_log(), 0);
	ck_assert_uint_eq(log_text.len, 0);
	ck_assert_uint_eq(counts.damaged, 0);
}
END_TEST

/* The ring goes round again and again, and after each record the log is what it should be:
 * the newest records without a gap. */
START_TEST(round_and_round)
{
	enum make_format format = (enum make_format)_i;
	unsigned int at_the_end = 0;

	start(format, MAKE_X86);
	for (unsigned int i = 0; i < 200; i++) {
		char text[120], want[200];
		unsigned int first, n = 0;
		const char *line;

		/* Of different lengths, so that every way to wrap is gone. */
		snprintf(text, sizeof(text), "%u %.*s", i, (int)(i * 7 % 97),
			 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
		add(i * 1000000000ull, text);
		if (format == MAKE_RING_618 && m->head_lpos % make_text_size(m) == 0)
			at_the_end++;
		ck_assert_int_eq(read_log(), 0);
		ck_assert_msg(!counts.damaged, "%u: %s", i, bp_buf_str(&warnings));
		line = bp_buf_str(&log_text);
		ck_assert_int_eq(sscanf(line, "[%u", &first), 1);
		for (; *line; line = strchr(line, '\n') + 1, n++) {
			snprintf(want, sizeof(want), "[%5u.000000] %u %.*s\n", first + n,
				 first + n, (int)((first + n) * 7 % 97),
				 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
				 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
			ck_assert_msg(!strncmp(line, want, strlen(want)), "%u: %.*s", i,
				      (int)strcspn(line, "\n"), line);
		}
		ck_assert_uint_eq(first + n, i + 1);
		ck_assert_uint_eq(counts.records, n);
		/* As many as there is room for. */
		ck_assert_uint_ge(n, BP_MIN(i + 1, 12u));
	}
	if (format == MAKE_RING_618)
		ck_assert_uint_gt(at_the_end, 0);
}
END_TEST

START_TEST(flat_goes_round)
{
	start(MAKE_FLAT, MAKE_X86);
	for (int i = 0; i < 200; i++)
		add((uint64_t)i * 1000000000, "a line that is overwritten in the end");
	ck_assert_int_eq(read_log(), 0);
	ck_assert_uint_eq(log_text.len, make_text_size(m));
	ck_assert_ptr_nonnull(strstr(bp_buf_str(&log_text), "[  199.000000] a line"));
	ck_assert_str_eq(bp_buf_str(&log_text) + log_text.len - 4, "end\n");
}
END_TEST

START_TEST(text_of_any_kind)
{
	start((enum make_format)_i, MAKE_X86);
	add(1000000000, "two\nlines");
	add(2000000000, "ends in one\n");
	add(3000000000, "");
	make_add(m, 4000000000, 0, "a\x1b[31m\t\x7f\0\xff z", 12);
	ck_assert_int_eq(read_log(), 0);
	ck_assert_str_eq(bp_buf_str(&log_text),
			 "[    1.000000] two\n"
			 "[    1.000000] lines\n"
			 "[    2.000000] ends in one\n"
			 "[    2.000000] \n"
			 "[    3.000000] \n"
			 "[    4.000000] a\\x1b[31m\t\\x7f\\x00\\xff z\n");
	ck_assert_uint_eq(counts.records, 4);
	ck_assert_uint_eq(counts.damaged, 0);
}
END_TEST

START_TEST(who_printed_it)
{
	static const enum make_format formats[] = { MAKE_RING, MAKE_RECORDS_CALLER };

	start(formats[_i], MAKE_ARM64);
	make_add(m, 0, 0, "swapper", 7);
	make_add(m, 0, 1, "init", 4);
	make_add(m, 0, 4194303, "a task", 6);
	make_add(m, 0, 0x80000007, "a CPU\nsays", 10);
	caller_id = true;
	ck_assert_int_eq(read_log(), 0);
	ck_assert_str_eq(bp_buf_str(&log_text),
			 "[    0.000000][    T0] swapper\n"
			 "[    0.000000][    T1] init\n"
			 "[    0.000000][T4194303] a task\n"
			 "[    0.000000][    C7] a CPU\n"
			 "[    0.000000][    C7] says\n");
}
END_TEST

/* More than is handed on at a time, and texts as long as they can be. */
START_TEST(long_texts)
{
	char *text = malloc(60000);

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', 60000);
	make_init(m, (enum make_format)_i, MAKE_X86_PHYS, 5, 17);
	for (int i = 0; i < 5; i++)
		make_add(m, 0, 0, text, 40000);
	ck_assert_int_eq(read_log(), 0);
	ck_assert_uint_ge(counts.records, 2);
	ck_assert_uint_eq(log_text.len, counts.records * (15 + 40000 + 1));
	ck_assert_uint_eq(counts.damaged, 0);
	free(text);
}
END_TEST

/* ---- records as a crash finds them ---- */

static void three_records(enum make_format format)
{
	start(format, MAKE_X86);
	add(1000000000, "one");
	add(2000000000, "two");
	add(3000000000, "three");
}

#define ONE "[    1.000000] one\n"
#define TWO "[    2.000000] two\n"
#define THREE "[    3.000000] three\n"

static void set_state(uint64_t seq, uint64_t state)
{
	bp_put_le64(make_desc(m, make_id(m, seq)) + DESC_STATE, state);
}

START_TEST(states_of_records)
{
	uint64_t id;

	three_records(MAKE_RING);
	id = make_id(m, 1);
	set_state(1, MAKE_COMMITTED | id);	/* it could have been continued */
	ck_assert_int_eq(read_log(), 0);
	ck_assert_str_eq(bp_buf_str(&log_text), ONE TWO THREE);
	ck_assert_uint_eq(counts.unfinished, 0);

	set_state(1, id);	/* being written */
	ck_assert_int_eq(read_log(), 0);
	ck_assert_str_eq(bp_buf_str(&log_text), ONE THREE);
	ck_assert_uint_eq(counts.unfinished, 1);
	ck_assert_uint_eq(counts.damaged, 0);

	set_state(1, 0);	/* taken, and not yet said so */
	ck_assert_int_eq(read_log(), 0);
	ck_assert_uint_eq(counts.unfinished, 1);
	set_state(1, MAKE_REUSABLE | ((id - make_count(m)) & MAKE_ID_MASK));
	ck_assert_int_eq(read_log(), 0);
	ck_assert_str_eq(bp_buf_str(&log_text), ONE THREE);
	ck_assert_uint_eq(counts.unfinished, 1);
	ck_assert_uint_eq(counts.damaged, 0);

	set_state(1, MAKE_REUSABLE | id);
	ck_assert_int_eq(read_log(), 0);
	ck_assert_str_eq(bp_buf_str(&log_text), ONE THREE);
	ck_assert_uint_eq(counts.unfinished + counts.damaged, 0);
}
END_TEST

START_TEST(text_without_room)
{
	uint8_t *desc;

	three_records(MAKE_RING);
	desc = make_desc(m, make_id(m, 1));
	bp_put_le64(desc + DESC_BEGIN, 1);
	bp_put_le64(desc + DESC_NEXT, 1);
	ck_assert_int_eq(read_log(), 0);
	ck_assert_str_eq(bp_buf_str(&log_text), ONE THREE);
	ck_assert_uint_eq(counts.no_room, 1);
	ck_assert_uint_eq(counts.damaged, 0);
}
END_TEST

/* The kernel cuts a text that is too long, and says how long it was. */
START_TEST(cut_text)
{
	three_records(MAKE_RING);
	bp_put_le16(make_info(m, make_id(m, 1)) + INFO_LEN, 60000);
	ck_assert_int_eq(read_log(), 0);
	ck_assert_str_eq(bp_buf_str(&log_text), ONE "[    2.000000] two\\x00\\x00\\x00\\x00\\x00\n"
			 THREE);
	ck_assert_uint_eq(counts.damaged, 0);
}
END_TEST

/* ---- damage to a ring: the others are printed ---- */

static uint8_t *desc_of_two(void) { return make_desc(m, make_id(m, 1)); }
static uint8_t *info_of_two(void) { return make_info(m, make_id(m, 1)); }

static void other_id(void) { set_state(1, MAKE_FINALIZED | 4711); }
static void no_info(void) { memset(info_of_two(), 0, INFO_SIZE); }
static void no_text(void) { memset(m->memory + m->texts + 16, 0, 16); }
static void odd_begin(void) { desc_of_two()[DESC_BEGIN] += 1; }
static void far_next(void) { bp_put_le64(desc_of_two() + DESC_NEXT, 1ull << 40); }
static void next_before(void) { bp_put_le64(desc_of_two() + DESC_NEXT, m->tail_lpos); }
static void next_same(void)
{
	bp_put_le64(desc_of_two() + DESC_NEXT, bp_le64(desc_of_two() + DESC_BEGIN));
}

static const struct {
	void (*break_it)(void);
	const char *warning;
} broken_rings[] = {
	{ other_id, ": record 0xffffffe1 has the id 0x1267\n" },
	{ no_info, ": the time and length of record 0xffffffe1 are not there\n" },
	{ no_text, ": the text of record 1, at 0xffff888010002810, is not there\n" },
	{ odd_begin, ": record 1 has its text from 0xfffffffffffff811 to 0xfffffffffffff820 of "
		     "0x800 bytes\n" },
	{ far_next, ": record 1 has its text from 0xfffffffffffff810 to 0x10000000000 of" },
	{ next_before, ": record 1 has its text from 0xfffffffffffff810 to 0xfffffffffffff800 of" },
	{ next_same, ": record 1 has its text from 0xfffffffffffff810 to 0xfffffffffffff810 of" },
};

START_TEST(damaged_record)
{
	three_records(MAKE_RING);
	broken_rings[_i].break_it();
	ck_assert_int_eq(read_log(), 0);
	ck_assert_str_eq(bp_buf_str(&log_text), ONE THREE);
	ck_assert_uint_eq(counts.damaged, 1);
	ck_assert_msg(warned(broken_rings[_i].warning), "%s", bp_buf_str(&warnings));
}
END_TEST

START_TEST(another_record_in_its_place)
{
	three_records(MAKE_RING);
	bp_put_le64(info_of_two() + INFO_SEQ, 33);
	ck_assert_int_eq(read_log(), 0);
	ck_assert_str_eq(bp_buf_str(&log_text), ONE TWO THREE);
	ck_assert_uint_eq(counts.damaged, 1);
	ck_assert_msg(warned(": record 33 stands where record 1 is expected\n"), "%s",
		      bp_buf_str(&warnings));
}
END_TEST

/* A page of descriptors that is a hole of the file: zeros. */
START_TEST(hole_in_the_ring)
{
	make_init(m, MAKE_RING, MAKE_X86, 8, 14);
	for (uint64_t i = 0; i < 200; i++)
		add(i * 1000000000, "text");
	memset(make_desc(m, make_id(m, 10)), 0, 100 * DESC_SIZE);
	ck_assert_int_eq(read_log(), 0);
	ck_assert_uint_eq(counts.records, 100);
	ck_assert_uint_eq(counts.damaged, 1);
	ck_assert_msg(warned(": 100 records in a row are not there\n"), "%s",
		      bp_buf_str(&warnings));
	ck_assert_ptr_nonnull(strstr(bp_buf_str(&log_text),
				     "[    9.000000] text\n[  110.000000] text\n"));
}
END_TEST

/* More than the ring has: what it can have is printed. */
START_TEST(more_than_there_can_be)
{
	three_records(MAKE_RING);
	m->tail_id = (m->head_id - 1000) & MAKE_ID_MASK;
	ck_assert_int_eq(read_log(), 0);
	ck_assert_ptr_nonnull(strstr(bp_buf_str(&log_text), ONE TWO THREE));
	ck_assert_uint_ge(counts.damaged, 1);
	ck_assert_msg(warned("its log is from record 0xfffffbfa to 0xffffffe2, "
			     "but has room for 32\n"), "%s", bp_buf_str(&warnings));
}
END_TEST

/* Warnings come to an end. */
START_TEST(much_damage)
{
	make_init(m, MAKE_RING, MAKE_X86, 8, 14);
	for (uint64_t i = 0; i < 200; i++)
		add(i * 1000000000, "text");
	memset(m->memory + m->infos, 0, make_count(m) * INFO_SIZE);
	ck_assert_int_eq(read_log(), 0);
	ck_assert_uint_eq(counts.damaged, 200);
	ck_assert_msg(warned(": 192 more places like these\n"), "%s", bp_buf_str(&warnings));
}
END_TEST

/* ---- damage to the older logs ---- */

/* Where record @i of those of three_records() is. */
static uint8_t *record_at(unsigned int i)
{
	uint8_t *record = m->memory + m->texts + m->first;

	while (i--)
		record += bp_le16(record + 8);
	return record;
}

START_TEST(damaged_length)
{
	static const uint16_t lengths[] = { 0, 2, 12, 17, 2000, UINT16_MAX };

	three_records((enum make_format)(MAKE_RECORDS + _i / 6));
	add(4000000000, "four");
	bp_put_le16(record_at(1) + 8, lengths[_i % 6]);
	ck_assert_int_eq(read_log(), 0);
	ck_assert_str_eq(bp_buf_str(&log_text), ONE THREE "[    4.000000] four\n");
	ck_assert_uint_eq(counts.damaged, 1);
	ck_assert_msg(warned(" of the log are no records\n"), "%s", bp_buf_str(&warnings));
}
END_TEST

START_TEST(damaged_text_length)
{
	three_records(MAKE_RECORDS);
	bp_put_le16(record_at(1) + 10, 4711);
	ck_assert_int_eq(read_log(), 0);
	ck_assert_str_eq(bp_buf_str(&log_text), ONE THREE);
	ck_assert_uint_eq(counts.damaged, 1);
}
END_TEST

/* Of a ring that has gone round, zeros in the older part: not the mark that ends it. */
START_TEST(hole_in_records)
{
	unsigned int n = 0;

	make_init(m, MAKE_RECORDS, MAKE_X86, 5, 13);
	while (n < 300 || m->first < m->next || m->first < 1000 || m->first > 6000)
		add(n++ * 1000000000ull, "a text of some length");
	ck_assert_int_eq(read_log(), 0);
	ck_assert_uint_eq(counts.damaged, 0);
	n = (unsigned int)counts.records;
	memset(record_at(3) + 1, 0, 500);
	ck_assert_int_eq(read_log(), 0);
	ck_assert_uint_eq(counts.damaged, 1);
	ck_assert_uint_lt(counts.records, n - 8);
	ck_assert_uint_gt(counts.records, n - 16);
}
END_TEST

START_TEST(nothing_follows_the_damage)
{
	three_records(MAKE_RECORDS);
	memset(record_at(1), 0xff, m->next - (size_t)(record_at(1) - m->memory - m->texts));
	ck_assert_int_eq(read_log(), 0);
	ck_assert_str_eq(bp_buf_str(&log_text), ONE);
	ck_assert_uint_eq(counts.damaged, 1);
}
END_TEST

/* ---- a log that is not to be found ---- */

static const struct {
	enum make_format format;
	enum make_machine machine;
	const char *key, *value;
	int r;
	const char *message;
} lies[] = {
	{ MAKE_RING, MAKE_X86, "OFFSET(prb_desc.state_var)", NULL, -ENODATA,
	  "cannot find the kernel log: VMCOREINFO has no OFFSET(prb_desc.state_var)" },
	{ MAKE_RING, MAKE_X86, "OFFSET(prb_desc.state_var)", "x\x1b", -EBADMSG,
	  "cannot find the kernel log: VMCOREINFO has OFFSET(prb_desc.state_var)=x?, no number" },
	{ MAKE_RING, MAKE_X86, "SIZE(prb_desc)", "4097", -EBADMSG,
	  "cannot find the kernel log: VMCOREINFO has SIZE(prb_desc)=4097, which is too large" },
	{ MAKE_RING, MAKE_X86, "SIZE(prb_desc)", "23", -EBADMSG,
	  "cannot find the kernel log: VMCOREINFO has fields of prb_desc outside of it" },
	{ MAKE_RING, MAKE_X86, "OFFSET(printk_info.text_len)", "87", -EBADMSG,
	  "cannot find the kernel log: VMCOREINFO has fields of printk_info outside of it" },
	{ MAKE_RING, MAKE_X86, "OFFSET(prb_desc_ring.tail_id)", "4096", -EBADMSG,
	  "cannot find the kernel log: VMCOREINFO has fields of printk_ringbuffer outside of it" },
	{ MAKE_RING, MAKE_X86, "SYMBOL(prb)", "600000000010", -ENODATA,
	  "cannot find the kernel log: virtual address 0x600000000010: the page tables do not "
	  "map it: entry 0 of level 4" },
	{ MAKE_RING, MAKE_X86, "SYMBOL(prb)", "ffffffffffffffff", -ENODATA,
	  "cannot find the kernel log: virtual address 0xffffffffffffffff: the page tables do "
	  "not map it: entry 0 of level 4" },
	{ MAKE_RING, MAKE_X86, "SYMBOL(prb)", "ffffffff81000318", -ENODATA,
	  "cannot read the head of the kernel log: virtual address 0xffffffe2: the "
	  "page tables do not map it: entry 0 of level 2" },
	{ MAKE_RING, MAKE_X86, "OFFSET(prb_desc_ring.count_bits)", "8", -EBADMSG,
	  "the head of the kernel log, at 0xffffffff81000300, is damaged: 2^268447744 records, "
	  "2^11 bytes" },
	{ MAKE_RING, MAKE_X86_PHYS, "NUMBER(phys_base)", NULL, -ENODATA,
	  "cannot find the kernel log: virtual address 0xffffffff81000100: VMCOREINFO has no "
	  "NUMBER(phys_base)" },
	{ MAKE_RING, MAKE_X86_PHYS, "NUMBER(phys_base)", "-16777216", -ENODATA,
	  "cannot find the kernel log: virtual address 0xffffffff81000100: physical address "
	  "0x100 is in none of its 3 segments" },
	{ MAKE_RECORDS, MAKE_X86, "SYMBOL(log_next_idx)", NULL, -ENODATA,
	  "VMCOREINFO has no SYMBOL(log_next_idx)" },
	{ MAKE_RECORDS, MAKE_X86, "SYMBOL(log_next_idx)", "ffffffff81000200", -EBADMSG,
	  "its log is from 0 to 0x10002800 of a buffer of 0x800 bytes" },
	{ MAKE_RECORDS, MAKE_X86, "SYMBOL(log_buf_len)", "ffffffff81000204", -EBADMSG,
	  "cannot find the kernel log: log_buf_len is 4294936704" },
	{ MAKE_RECORDS, MAKE_X86, "OFFSET(printk_log.len)", "15", -EBADMSG,
	  "VMCOREINFO has fields of printk_log outside of it" },
	{ MAKE_LOG, MAKE_X86, "SIZE(log)", NULL, -ENODATA, "VMCOREINFO has no SIZE(log)" },
	{ MAKE_FLAT, MAKE_X86, "SYMBOL(log_end)", NULL, -ENODATA,
	  "VMCOREINFO has no SYMBOL(log_end)" },
	{ MAKE_FLAT, MAKE_X86, "SYMBOL(log_buf)", NULL, -ENOENT,
	  "VMCOREINFO names no kernel log: no SYMBOL(prb), SYMBOL(log_first_idx) or "
	  "SYMBOL(log_buf)" },
	{ MAKE_RING, MAKE_ARM64_PHYS, "NUMBER(VA_BITS)", "64", -EBADMSG,
	  "cannot find the kernel log: virtual address 0xffff800080000100: VMCOREINFO has 64 "
	  "bits of addresses, and TCR_EL1_T1SZ 16" },
	{ MAKE_RING, MAKE_ARM64_PHYS, "NUMBER(kimage_voffset)", NULL, -ENODATA,
	  "cannot find the kernel log: virtual address 0xffff800080000100: VMCOREINFO has no "
	  "NUMBER(kimage_voffset)" },
	{ MAKE_RING, MAKE_ARM64_PHYS, "NUMBER(PHYS_OFFSET)", "0", -ENODATA,
	  "cannot read the head" },
};

START_TEST(vmcoreinfo_that_lies)
{
	int r;

	three_records(lies[_i].format);
	if (lies[_i].machine != MAKE_X86) {
		make_done(m);
		memset(m, 0, sizeof(*m));
		start(lies[_i].format, lies[_i].machine);
	}
	make_change(m, lies[_i].key, lies[_i].value);
	r = read_log();
	if (lies[_i].machine == MAKE_ARM64_PHYS && !r) {
		/* The head is in the image: only the records are lost. */
		ck_assert_uint_gt(counts.damaged, 0);
		return;
	}
	ck_assert_int_eq(r, lies[_i].r);
	ck_assert_str_eq(message(), lies[_i].message);
	ck_assert_uint_eq(log_text.len, 0);
}
END_TEST

/* ---- files ---- */

/* Cut anywhere, it is read as far as it goes, or refused with a reason. */
START_TEST(truncated)
{
	enum make_format format = (enum make_format)_i;
	uint64_t size, most = 0;

	make_init(m, format, MAKE_X86, 7, 13);
	for (uint64_t i = 0; i < 60; i++)
		add(i * 1000000000, "a text of some length");
	make_finish(m);
	size = m->data + m->size;
	for (uint64_t cut = 1; cut < size; cut += cut < 700 ? 23 : 1531) {
		int r = read_log_of(cut);

		if (r) {
			ck_assert(*bp_ctx_message(ctx));
			ck_assert_uint_eq(log_text.len, 0);
		} else {
			ck_assert(counts.damaged || log_text.len >= most);
			ck_assert_uint_ge(log_text.len, most);
			most = log_text.len;
		}
		bp_forgive(ctx);
	}
	ck_assert_int_eq(read_log_of(0), 0);
	ck_assert_uint_eq(log_text.len, most);
}
END_TEST

START_TEST(truncated_says_where)
{
	three_records(MAKE_RING);
	make_finish(m);
	ck_assert_int_eq(read_log_of(64 + 56), -EBADMSG);
	ck_assert_str_eq(message(), "it ends at 0x78, but 280 bytes at 0x40 belong to it: "
				    "truncated?");
	bp_forgive(ctx);
	ck_assert_int_eq(read_log_of(700), -ENODATA);
	ck_assert(warned("it ends at 0x2bc, but 12 bytes at 0x2bc belong to it: truncated?, "
			 "ignoring this program header"));
	bp_forgive(ctx);
	ck_assert_int_eq(read_log_of(m->data), -EIO);
	ck_assert_str_eq(message(), "cannot find the kernel log: it ends at 0x1000, but 8 bytes "
				    "at 0x1100 belong to it: truncated?");
}
END_TEST

/* What makedumpfile leaves out is in the headers, but not in the file. */
START_TEST(left_out)
{
	three_records(MAKE_RING);
	make_finish(m);
	m->head.phdr[3].p_filesz = 0x810;	/* up to the second text */
	ck_assert_int_eq(read_log_of(0), 0);
	ck_assert_str_eq(bp_buf_str(&log_text), ONE);
	ck_assert_uint_eq(counts.damaged, 2);
	ck_assert_msg(warned("the text of record 1 cannot be read: virtual address "
			     "0xffff888010002810 was left out of the dump\n"), "%s",
		      bp_buf_str(&warnings));
}
END_TEST

START_TEST(damaged_header)
{
	three_records(MAKE_RING);
	make_finish(m);
	m->head.phdr[4].p_vaddr = UINT64_MAX;
	m->head.phdr[4].p_memsz = 4096;
	ck_assert_int_eq(read_log_of(0), 0);
	ck_assert_str_eq(bp_buf_str(&log_text), ONE TWO THREE);
	ck_assert(warned("it is no ELF core file: a segment wraps, ignoring this program header"));
	m->head.phdr[3].p_type = 4711;
	ck_assert_int_eq(read_log_of(0), 0);
	ck_assert_uint_gt(counts.damaged, 0);
}
END_TEST

/* More segments than e_phnum can say: the first section header has their number. */
START_TEST(many_segments)
{
	Elf64_Shdr section = { .sh_info = BP_ARRAY_SIZE(m->head.phdr) };

	three_records(MAKE_RING);
	make_finish(m);
	m->head.ehdr.e_phnum = PN_XNUM;
	m->head.ehdr.e_shnum = 1;
	m->head.ehdr.e_shoff = m->data + 0xf00;
	memcpy(m->memory + 0xf00, &section, sizeof(section));
	ck_assert_int_eq(read_log_of(0), 0);
	ck_assert_str_eq(bp_buf_str(&log_text), ONE TWO THREE);
	bp_put_le32(m->memory + 0xf00 + offsetof(Elf64_Shdr, sh_info), UINT32_MAX);
	ck_assert_int_eq(read_log_of(0), -EBADMSG);
	ck_assert_str_eq(message(), "it is no ELF core file: too many program headers");
	m->head.ehdr.e_shoff = UINT64_MAX;
	bp_forgive(ctx);
	ck_assert_int_eq(read_log_of(0), -EBADMSG);
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
	int r;
	const char *message;
} files[] = {
	{ "", 0, -EBADMSG, "the file is empty" },
	{ "no core, by far, and not a short text either, but one with more bytes in it", 70,
	  -EBADMSG, "it is no ELF core file: no ELF64 little-endian header" },
	{ "\x7f" "ELF", 4, -EBADMSG,
	  "it ends at 0x4, but 16 bytes at 0 belong to it: truncated?" },
	{ "\x7f" "ELF\1\1\1", 70, -EBADMSG,
	  "it is no ELF core file: no ELF64 little-endian header" },
	{ "\x7f" "ELF\2\2\1", 70, -EBADMSG,
	  "it is no ELF core file: no ELF64 little-endian header" },
	{ "KDUMP   \6\0\0\0", 70, -EOPNOTSUPP,
	  "it is in makedumpfile's compressed format, not ELF: makedumpfile --dump-dmesg or "
	  "crash reads its log" },
	{ "makedumpfile\0\0\0\0", 70, -EOPNOTSUPP,
	  "it is in makedumpfile's flattened format, not ELF: makedumpfile -R rearranges it, "
	  "then makedumpfile --dump-dmesg or crash reads its log" },
	{ "\x28\xb5\x2f\xfd", 70, -EOPNOTSUPP, "it is compressed by zstd: decompress it first" },
};

START_TEST(other_files)
{
	bp_autoclose int fd = memfd_create("other", MFD_CLOEXEC);
	bp_autovmcore struct bp_vmcore *v = NULL;
	char bytes[80] = { 0 };

	memcpy(bytes, files[_i].bytes, BP_MIN(files[_i].len, strlen(files[_i].bytes)));
	ck_assert_int_eq(write(fd, bytes, files[_i].len), (ssize_t)files[_i].len);
	ck_assert_int_eq(open_file(fd, &v), files[_i].r);
	ck_assert_str_eq(message(), files[_i].message);
	ck_assert_ptr_null(v);
}
END_TEST

START_TEST(no_file)
{
	bp_autovmcore struct bp_vmcore *v = NULL;

	ck_assert_int_eq(bp_vmcore_open(ctx, "/nonexistent", &v), -ENOENT);
	ck_assert_str_eq(bp_ctx_message(ctx),
			 "/nonexistent: cannot open it: No such file or directory");
	bp_forgive(ctx);
	ck_assert_int_eq(bp_vmcore_open(ctx, "/", &v), -EISDIR);
	bp_forgive(ctx);
	ck_assert_int_eq(bp_vmcore_open(ctx, "/dev/null", &v), -ESPIPE);
	bp_forgive(ctx);
}
END_TEST

START_TEST(no_vmcoreinfo)
{
	three_records(MAKE_RING);
	make_finish(m);
	m->head.info_name[0] = 'v';
	ck_assert_int_eq(read_log_of(0), -ENODATA);
	ck_assert_str_eq(message(), "it has no VMCOREINFO note, without which nobody knows where "
				    "the kernel had its log");
}
END_TEST

static int refuse(void *data, const void *text, size_t len)
{
	return -ENOSPC;
}

START_TEST(nobody_takes_it)
{
	struct bp_printk_opts opts = { .write = refuse };
	bp_autoclose int fd = memfd_create("core", MFD_CLOEXEC);
	bp_autovmcore struct bp_vmcore *v = NULL;

	three_records(MAKE_RING);
	make_finish(m);
	make_write(m, fd);
	ck_assert_int_eq(open_file(fd, &v), 0);
	ck_assert_int_eq(bp_printk_write(v, &opts, &counts), -ENOSPC);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vmcore");
	TCase *t = tcase_create("vmcore");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, every_format_on_every_machine, 0, MAKE_FORMATS * MAKE_MACHINES);
	tcase_add_loop_test(t, empty_log, 0, MAKE_FORMATS);
	tcase_add_loop_test(t, round_and_round, 0, MAKE_FLAT);
	tcase_add_test(t, flat_goes_round);
	tcase_add_loop_test(t, text_of_any_kind, 0, MAKE_FLAT);
	tcase_add_loop_test(t, who_printed_it, 0, 2);
	tcase_add_loop_test(t, long_texts, 0, MAKE_FLAT);
	tcase_add_test(t, states_of_records);
	tcase_add_test(t, text_without_room);
	tcase_add_test(t, cut_text);
	tcase_add_loop_test(t, damaged_record, 0, BP_ARRAY_SIZE(broken_rings));
	tcase_add_test(t, another_record_in_its_place);
	tcase_add_test(t, hole_in_the_ring);
	tcase_add_test(t, more_than_there_can_be);
	tcase_add_test(t, much_damage);
	tcase_add_loop_test(t, damaged_length, 0, 18);
	tcase_add_test(t, damaged_text_length);
	tcase_add_test(t, hole_in_records);
	tcase_add_test(t, nothing_follows_the_damage);
	tcase_add_loop_test(t, vmcoreinfo_that_lies, 0, BP_ARRAY_SIZE(lies));
	tcase_add_loop_test(t, truncated, 0, MAKE_FORMATS);
	tcase_add_test(t, truncated_says_where);
	tcase_add_test(t, left_out);
	tcase_add_test(t, damaged_header);
	tcase_add_test(t, many_segments);
	tcase_add_loop_test(t, other_files, 0, BP_ARRAY_SIZE(files));
	tcase_add_test(t, no_file);
	tcase_add_test(t, no_vmcoreinfo);
	tcase_add_test(t, nobody_takes_it);
	suite_add_tcase(s, t);
	return run_suite(s);
}
