/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vmcore with a kernel log, made here: what the kernel's printk leaves in memory, in each
 * of its formats, below headers as /proc/vmcore and QEMU have them. Structures and the order
 * in which a ring is filled: kernel/printk/ of Linux 5.10 and 6.18, 3.5, 5.9 and 3.4.
 */
#ifndef TESTS_UNIT_MAKE_VMCORE_H
#define TESTS_UNIT_MAKE_VMCORE_H

#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"

#define MAKE_IMAGE_SIZE 0x2000u	/* the kernel's image, then memory of the direct map */
#ifndef MAKE_MEMORY_SIZE
#define MAKE_MEMORY_SIZE 0x40000u
#endif
#define MAKE_PAGE 4096u

enum make_format {
	MAKE_RING,		/* 5.10 and newer */
	MAKE_RING_618,		/* a text may end where the ring ends */
	MAKE_RECORDS,		/* 3.11 to 5.9 */
	MAKE_RECORDS_CALLER,	/* CONFIG_PRINTK_CALLER */
	MAKE_LOG,		/* 3.5 to 3.10 */
	MAKE_FLAT,
	MAKE_FORMATS
};

enum make_machine {
	MAKE_X86,		/* virtual addresses in the program headers */
	MAKE_X86_PHYS,		/* none: page tables */
	MAKE_X86_LA57,		/* the same with five levels, encrypted memory */
	MAKE_ARM64,
	MAKE_ARM64_PHYS,
	MAKE_ARM64_52,		/* configured for 52 bits, runs with 48 */
	MAKE_ARM64_OLD,		/* before 5.4: the image in the lower half */
	MAKE_MACHINES
};

static const char *const make_formats[] = { "ring",	      "ring-618", "records",
					    "records-caller", "log",	  "flat" };
static const char *const make_machines[] = { "x86",	   "x86-phys", "x86-la57", "arm64",
					     "arm64-phys", "arm64-52", "arm64-old" };

/* struct printk_ringbuffer and its parts, as on every 64-bit machine */
enum {
	PRB_SIZE = 88, PRB_DESC_RING = 0, PRB_TEXT_RING = 48,
	DESC_RING_COUNT_BITS = 0, DESC_RING_DESCS = 8, DESC_RING_INFOS = 16,
	DESC_RING_HEAD = 24, DESC_RING_TAIL = 32,
	TEXT_RING_BITS = 0, TEXT_RING_DATA = 8,
	DESC_SIZE = 24, DESC_STATE = 0, DESC_BEGIN = 8, DESC_NEXT = 16,
	INFO_SIZE = 88, INFO_SEQ = 0, INFO_TIME = 8, INFO_LEN = 16, INFO_CALLER = 20,
};
#define MAKE_ID_MASK (~(3ull << 62))
#define MAKE_COMMITTED (1ull << 62)
#define MAKE_FINALIZED (2ull << 62)
#define MAKE_REUSABLE (3ull << 62)

/* Places in the image */
enum { AT_PRB = 0x100, AT_POINTER = 0x200, AT_LEN = 0x208, AT_FIRST = 0x20c, AT_NEXT = 0x210,
       AT_END = 0x214, AT_STATIC_PRB = 0x300, AT_TABLES = 0x1000 };

struct make_vmcore {
	enum make_format format;
	enum make_machine machine;
	unsigned int count_bits, text_bits;
	uint8_t memory[MAKE_MEMORY_SIZE];
	uint64_t image_virt, direct_virt;	/* of memory[0], of memory[MAKE_IMAGE_SIZE] */
	uint64_t phys;				/* of memory[0] */
	bool small;		/* no more than the first page of the direct map */
	uint64_t hole;		/* so much memory lies before, in the file too */
	uint32_t size;				/* of what there is of memory[] */
	/* Where things lie in memory[] */
	uint32_t descs, infos, texts;
	uint64_t head_id, tail_id, head_lpos, tail_lpos;	/* ring */
	uint32_t first, next;				/* records */
	uint64_t written;				/* flat */
	struct bp_buf vmcoreinfo;
	/* The file's headers; finish() fills them in. */
	struct {
		Elf64_Ehdr ehdr;
		Elf64_Phdr phdr[5];
		Elf64_Nhdr core;
		char core_name[8];
		uint8_t core_desc[336];
		Elf64_Nhdr info;
		char info_name[12];
		char info_desc[4096];
	} head;
	uint64_t data;		/* offset of memory[] in the file */
};

static inline uint64_t make_count(const struct make_vmcore *m)
{
	return 1ull << m->count_bits;
}

static inline uint32_t make_text_size(const struct make_vmcore *m)
{
	return 1u << m->text_bits;
}

static inline uint8_t *make_desc(struct make_vmcore *m, uint64_t id)
{
	return m->memory + m->descs + id % make_count(m) * DESC_SIZE;
}

static inline uint8_t *make_info(struct make_vmcore *m, uint64_t id)
{
	return m->memory + m->infos + id % make_count(m) * INFO_SIZE;
}

/* Record @seq: ids begin so that the first is at the first place. */
static inline uint64_t make_id(const struct make_vmcore *m, uint64_t seq)
{
	return (1ull << 32) - make_count(m) + seq;
}

static inline bool make_is_arm64(const struct make_vmcore *m)
{
	return m->machine >= MAKE_ARM64;
}

static inline uint64_t make_virt(const struct make_vmcore *m, uint32_t at)
{
	return at < MAKE_IMAGE_SIZE ? m->image_virt + at : m->direct_virt + at - MAKE_IMAGE_SIZE;
}

static inline void make_line(struct make_vmcore *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (bp_buf_vprintf(&m->vmcoreinfo, fmt, ap) || bp_buf_append(&m->vmcoreinfo, "\n", 1))
		abort();
	va_end(ap);
}

static inline void make_symbol(struct make_vmcore *m, const char *name, uint32_t at)
{
	make_line(m, "SYMBOL(%s)=%llx", name, (unsigned long long)make_virt(m, at));
}

/* Another value for a line of VMCOREINFO; NULL: no such line. */
static inline void make_change(struct make_vmcore *m, const char *key, const char *value)
{
	bp_autobuf struct bp_buf old = m->vmcoreinfo;
	size_t n = strlen(key);

	m->vmcoreinfo = (struct bp_buf){ 0 };
	for (char *line = strtok((char *)old.data, "\n"); line; line = strtok(NULL, "\n")) {
		if (strncmp(line, key, n) || line[n] != '=')
			make_line(m, "%s", line);
		else if (value)
			make_line(m, "%s=%s", key, value);
	}
}

static inline void make_ring_info(struct make_vmcore *m)
{
	make_symbol(m, "prb", AT_PRB);
	make_line(m, "SIZE(printk_ringbuffer)=%d", PRB_SIZE);
	make_line(m, "OFFSET(printk_ringbuffer.desc_ring)=%d", PRB_DESC_RING);
	make_line(m, "OFFSET(printk_ringbuffer.text_data_ring)=%d", PRB_TEXT_RING);
	make_line(m, "OFFSET(prb_desc_ring.count_bits)=%d", DESC_RING_COUNT_BITS);
	make_line(m, "OFFSET(prb_desc_ring.descs)=%d", DESC_RING_DESCS);
	make_line(m, "OFFSET(prb_desc_ring.infos)=%d", DESC_RING_INFOS);
	make_line(m, "OFFSET(prb_desc_ring.head_id)=%d", DESC_RING_HEAD);
	make_line(m, "OFFSET(prb_desc_ring.tail_id)=%d", DESC_RING_TAIL);
	make_line(m, "SIZE(prb_desc)=%d", DESC_SIZE);
	make_line(m, "OFFSET(prb_desc.state_var)=%d", DESC_STATE);
	make_line(m, "OFFSET(prb_desc.text_blk_lpos)=%d", DESC_BEGIN);
	make_line(m, "OFFSET(prb_data_blk_lpos.begin)=0");
	make_line(m, "OFFSET(prb_data_blk_lpos.next)=8");
	make_line(m, "SIZE(printk_info)=%d", INFO_SIZE);
	make_line(m, "OFFSET(printk_info.seq)=%d", INFO_SEQ);
	make_line(m, "OFFSET(printk_info.ts_nsec)=%d", INFO_TIME);
	make_line(m, "OFFSET(printk_info.text_len)=%d", INFO_LEN);
	make_line(m, "OFFSET(printk_info.caller_id)=%d", INFO_CALLER);
	make_line(m, "OFFSET(prb_data_ring.size_bits)=%d", TEXT_RING_BITS);
	make_line(m, "OFFSET(prb_data_ring.data)=%d", TEXT_RING_DATA);
	make_line(m, "OFFSET(atomic_long_t.counter)=0");
	/* What nobody reads, but all have. */
	make_symbol(m, "log_buf", AT_POINTER);
	make_symbol(m, "log_buf_len", AT_LEN);
}

static inline uint32_t make_record_size(const struct make_vmcore *m)
{
	return m->format == MAKE_RECORDS_CALLER ? 20 : 16;
}

static inline void make_records_info(struct make_vmcore *m)
{
	const char *name = m->format == MAKE_LOG ? "log" : "printk_log";

	make_symbol(m, "log_buf", AT_POINTER);
	make_symbol(m, "log_buf_len", AT_LEN);
	make_symbol(m, "log_first_idx", AT_FIRST);
	make_symbol(m, "log_next_idx", AT_NEXT);
	make_line(m, "SIZE(%s)=%u", name, make_record_size(m));
	make_line(m, "OFFSET(%s.ts_nsec)=0", name);
	make_line(m, "OFFSET(%s.len)=8", name);
	make_line(m, "OFFSET(%s.text_len)=10", name);
	make_line(m, "OFFSET(%s.dict_len)=12", name);
	if (m->format == MAKE_RECORDS_CALLER)
		make_line(m, "OFFSET(%s.caller_id)=16", name);
}

static inline void make_machine_info(struct make_vmcore *m)
{
	make_line(m, "OSRELEASE=6.12.0-made");
	make_line(m, "PAGESIZE=4096");
	make_symbol(m, "_stext", 0);
	if (!make_is_arm64(m)) {
		make_symbol(m, "swapper_pg_dir", AT_TABLES);
		make_line(m, "NUMBER(phys_base)=%lld",
			  (long long)(m->phys - (m->image_virt - 0xffffffff80000000)));
		if (m->machine == MAKE_X86_LA57)
			make_line(m, "NUMBER(sme_mask)=%llu", 1ull << 51);
		make_line(m, "NUMBER(pgtable_l5_enabled)=%d", m->machine == MAKE_X86_LA57);
		return;
	}
	make_line(m, "NUMBER(VA_BITS)=%d", m->machine == MAKE_ARM64_52 ? 52 : 48);
	make_line(m, "NUMBER(kimage_voffset)=0x%llx",
		  (unsigned long long)(m->image_virt - m->phys));
	make_line(m, "NUMBER(PHYS_OFFSET)=0x%llx",
		  (unsigned long long)(m->phys + MAKE_IMAGE_SIZE -
				       (m->machine == MAKE_ARM64_52 ?
					m->direct_virt + (1ull << 52) : 0x1000)));
	if (m->machine != MAKE_ARM64_OLD)
		make_line(m, "NUMBER(TCR_EL1_T1SZ)=0x10");
}

/*
 * Tables for the direct map: small pages, or (LA57) a large one. One page is the table of
 * each level, as they have their entries at different places.
 */
static inline void make_tables(struct make_vmcore *m)
{
	uint64_t virt = m->direct_virt, phys = m->phys + MAKE_IMAGE_SIZE, flags = 0x63;
	uint8_t *table = m->memory + AT_TABLES;
	bool la57 = m->machine == MAKE_X86_LA57;

	if (la57)
		flags |= 1ull << 51;
	for (int level = la57 ? 5 : 4; level > 1; level--) {
		uint64_t to = m->phys + AT_TABLES;

		if (la57 && level == 2)	/* with an attribute where small pages have none */
			to = bp_align_down(phys, 2 << 20) | 0x1080;
		bp_put_le64(table + (virt >> (12 + 9 * (level - 1)) & 511) * 8, to | flags);
	}
	for (uint32_t i = 0; !la57 && i < (MAKE_MEMORY_SIZE - MAKE_IMAGE_SIZE) / MAKE_PAGE; i++)
		bp_put_le64(table + ((virt >> 12 & 511) + i) * 8,
			    (phys + i * MAKE_PAGE) | flags);
}

static inline void make_addresses(struct make_vmcore *m)
{
	static const struct {
		uint64_t image_virt, direct_virt, phys;
	} machines[] = {
		[MAKE_X86] = { 0xffffffff81000000, 0xffff888010002000, 0x10000000 },
		[MAKE_X86_PHYS] = { 0xffffffff81000000, 0xffff888010002000, 0x10000000 },
		[MAKE_X86_LA57] = { 0xffffffffb0000000, 0xff11000010002000, 0x10000000 },
		[MAKE_ARM64] = { 0xffff800080000000, 0xffff000000001000, 0x41000000 },
		[MAKE_ARM64_PHYS] = { 0xffff800080000000, 0xffff000000001000, 0x41000000 },
		[MAKE_ARM64_52] = { 0xffff800080000000, 0xffff000000001000, 0x41000000 },
		[MAKE_ARM64_OLD] = { 0xffff000010080000, 0xffff800000001000, 0x41000000 },
	};

	m->image_virt = machines[m->machine].image_virt;
	m->direct_virt = machines[m->machine].direct_virt;
	m->phys = machines[m->machine].phys;
}

/* @m is zeroed. The log is empty. */
static inline void make_init(struct make_vmcore *m, enum make_format format,
			     enum make_machine machine, unsigned int count_bits,
			     unsigned int text_bits)
{
	uint8_t *prb = m->memory + AT_STATIC_PRB;

	m->format = format;
	m->machine = machine;
	m->count_bits = count_bits;
	m->text_bits = text_bits;
	m->texts = MAKE_IMAGE_SIZE + 0x800;
	m->descs = (uint32_t)bp_align_up(m->texts + make_text_size(m), 8);
	m->infos = m->descs + (uint32_t)make_count(m) * DESC_SIZE;
	m->size = (uint32_t)bp_align_up(m->infos + make_count(m) * INFO_SIZE, MAKE_PAGE);
	if (m->size > sizeof(m->memory))
		abort();
	make_addresses(m);
	make_machine_info(m);
	if (!make_is_arm64(m))
		make_tables(m);
	bp_put_le64(m->memory + AT_POINTER, make_virt(m, m->texts));
	bp_put_le32(m->memory + AT_LEN, make_text_size(m));
	if (format > MAKE_LOG) {
		make_symbol(m, "log_buf", AT_POINTER);
		make_symbol(m, "log_buf_len", AT_LEN);
		make_symbol(m, "log_end", AT_END);
		make_symbol(m, "logged_chars", AT_END);
	} else if (format > MAKE_RING_618) {
		make_records_info(m);
	} else {
		make_ring_info(m);
		bp_put_le64(m->memory + AT_PRB, make_virt(m, AT_STATIC_PRB));
		bp_put_le32(prb + DESC_RING_COUNT_BITS, count_bits);
		bp_put_le64(prb + DESC_RING_DESCS, make_virt(m, m->descs));
		bp_put_le64(prb + DESC_RING_INFOS, make_virt(m, m->infos));
		bp_put_le32(prb + PRB_TEXT_RING + TEXT_RING_BITS, text_bits);
		bp_put_le64(prb + PRB_TEXT_RING + TEXT_RING_DATA, make_virt(m, m->texts));
		m->head_id = make_id(m, 0) - 1;
		m->tail_id = m->head_id;
		m->head_lpos = m->tail_lpos = (uint64_t)-(int64_t)make_text_size(m);
		bp_put_le64(make_desc(m, m->head_id) + DESC_STATE, MAKE_REUSABLE | m->head_id);
		bp_put_le64(make_desc(m, m->head_id) + DESC_BEGIN, 1);
		bp_put_le64(make_desc(m, m->head_id) + DESC_NEXT, 1);
		bp_put_le64(make_info(m, 0) + INFO_SEQ, -make_count(m));
	}
	make_line(m, "CRASHTIME=1700000000");
}

static inline void make_ring_add(struct make_vmcore *m, uint64_t ns, uint32_t caller,
				 const char *text, uint16_t len)
{
	uint64_t id = (m->head_id + 1) & MAKE_ID_MASK, begin = m->head_lpos, size = make_text_size(m);
	uint64_t need = bp_align_up(8ull + len, 8), next = begin + need, at = begin % size;
	bool wraps = m->format == MAKE_RING_618 ? begin / size != (next - 1) / size
						: begin / size != next / size;
	uint8_t *desc, *info = make_info(m, id), *block;

	if (wraps) {
		next = next / size * size + need;
		at = 0;
	}
	if (!len)
		begin = next = 3;
	/* The oldest make room, for a descriptor and for a text. */
	while (((id - m->tail_id) & MAKE_ID_MASK) >= make_count(m) ||
	       (len && (int64_t)(next - size - m->tail_lpos) > 0 && m->tail_id != m->head_id)) {
		desc = make_desc(m, m->tail_id);
		bp_put_le64(desc, MAKE_REUSABLE | m->tail_id);
		if (!(bp_le64(desc + DESC_NEXT) & 1))
			m->tail_lpos = bp_le64(desc + DESC_NEXT);
		m->tail_id = (m->tail_id + 1) & MAKE_ID_MASK;
	}
	m->head_id = id;
	desc = make_desc(m, id);
	bp_put_le64(desc + DESC_STATE, MAKE_FINALIZED | id);
	bp_put_le64(desc + DESC_BEGIN, begin);
	bp_put_le64(desc + DESC_NEXT, next);
	if (len) {
		m->head_lpos = next;
		block = m->memory + m->texts + at;
		bp_put_le64(block, id);
		memcpy(block + 8, text, len);
	}
	bp_put_le64(info + INFO_SEQ, id - make_id(m, 0));
	bp_put_le64(info + INFO_TIME, ns);
	bp_put_le16(info + INFO_LEN, len);
	bp_put_le32(info + INFO_CALLER, caller);
}

static inline void make_records_add(struct make_vmcore *m, uint64_t ns, uint32_t caller,
				    const char *text, uint16_t len)
{
	uint32_t size = make_text_size(m), head = make_record_size(m);
	uint32_t need = (uint32_t)bp_align_up(head + len + 5u, 4);	/* a dictionary of 5 */
	uint8_t *log = m->memory + m->texts;
	bool empty = m->first == m->next;

	for (;;) {
		uint32_t room = m->next > m->first || empty ? BP_MAX(size - m->next, m->first)
							     : m->first - m->next;
		uint16_t first_len;

		if (need + head <= room)
			break;
		first_len = bp_le16(log + m->first + 8);
		m->first += first_len;
		if (!bp_le16(log + m->first + 8))
			m->first = 0;
		empty = false;
	}
	if (m->next + need + head > size) {
		memset(log + m->next, 0, head);
		m->next = 0;
	}
	log += m->next;
	memset(log, 0, need);
	bp_put_le64(log, ns);
	bp_put_le16(log + 8, (uint16_t)need);
	bp_put_le16(log + 10, len);
	bp_put_le16(log + 12, 5);
	if (head == 20)
		bp_put_le32(log + 16, caller);
	memcpy(log + head, text, len);
	memcpy(log + head + len, "A=1\0B", 5);
	m->next += need;
}

static inline void make_flat_add(struct make_vmcore *m, uint64_t ns, const char *text,
				 uint16_t len)
{
	bp_autobuf struct bp_buf line = { 0 };

	if (bp_buf_printf(&line, "<6>[%5llu.%06llu] ", (unsigned long long)ns / 1000000000,
			  (unsigned long long)ns / 1000 % 1000000) ||
	    bp_buf_append(&line, text, len) || bp_buf_append(&line, "\n", 1))
		abort();
	for (size_t i = 0; i < line.len; i++)
		m->memory[m->texts + m->written++ % make_text_size(m)] = line.data[i];
}

/* Print a record. */
static inline void make_add(struct make_vmcore *m, uint64_t ns, uint32_t caller,
			    const char *text, size_t len)
{
	if (m->format <= MAKE_RING_618)
		make_ring_add(m, ns, caller, text, (uint16_t)len);
	else if (m->format <= MAKE_LOG)
		make_records_add(m, ns, caller, text, (uint16_t)len);
	else
		make_flat_add(m, ns, text, (uint16_t)len);
}

static inline Elf64_Phdr make_load(const struct make_vmcore *m, uint32_t at, uint32_t size)
{
	bool virtual = m->machine == MAKE_X86 || m->machine == MAKE_ARM64;

	return (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = m->data + at,
			     .p_vaddr = virtual ? make_virt(m, at) : 0, .p_paddr = m->phys + at,
			     .p_filesz = size, .p_memsz = size };
}

/* The log and the headers as a crash finds them. */
static inline void make_finish(struct make_vmcore *m)
{
	uint8_t *prb = m->memory + AT_STATIC_PRB;
	size_t head_size, core = offsetof(struct make_vmcore, head.core) -
				 offsetof(struct make_vmcore, head);

	if (m->format <= MAKE_RING_618) {
		bp_put_le64(prb + DESC_RING_HEAD, m->head_id);
		bp_put_le64(prb + DESC_RING_TAIL, m->tail_id);
	}
	bp_put_le32(m->memory + AT_FIRST, m->first);
	bp_put_le32(m->memory + AT_NEXT, m->next);
	bp_put_le32(m->memory + AT_END, (uint32_t)m->written);
	if (m->vmcoreinfo.len > sizeof(m->head.info_desc))
		abort();
	head_size = offsetof(struct make_vmcore, head.info_desc) -
		    offsetof(struct make_vmcore, head) + bp_align_up(m->vmcoreinfo.len, 4);
	m->data = bp_align_up(head_size, m->small ? 64 : MAKE_PAGE) + m->hole;
	m->head.ehdr = (Elf64_Ehdr){
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = make_is_arm64(m) ? EM_AARCH64 : EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = BP_ARRAY_SIZE(m->head.phdr),
	};
	m->head.phdr[0] = (Elf64_Phdr){
		.p_type = PT_NOTE,
		.p_offset = core,
		.p_filesz = head_size - core,
	};
	m->head.phdr[1] = make_load(m, 0, MAKE_IMAGE_SIZE);
	/* Memory in two pieces, the later one first; the texts lie across. */
	m->head.phdr[2] = make_load(m, MAKE_IMAGE_SIZE + MAKE_PAGE,
				    m->size - MAKE_IMAGE_SIZE - MAKE_PAGE);
	m->head.phdr[3] = make_load(m, MAKE_IMAGE_SIZE, MAKE_PAGE);
	if (m->small)
		m->head.phdr[2] = (Elf64_Phdr){ 0 };
	/* Other memory, of which the file has nothing but a hole. */
	m->head.phdr[4] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = m->data - m->hole,
					.p_vaddr = 0x100000000000, .p_paddr = 1ull << 46,
					.p_filesz = m->hole, .p_memsz = m->hole };
	m->head.core = (Elf64_Nhdr){ 5, sizeof(m->head.core_desc), NT_PRSTATUS };
	strcpy(m->head.core_name, "CORE");
	m->head.info = (Elf64_Nhdr){ 11, (uint32_t)m->vmcoreinfo.len, 0 };
	strcpy(m->head.info_name, "VMCOREINFO");
	memset(m->head.info_desc, 0, sizeof(m->head.info_desc));
	memcpy(m->head.info_desc, m->vmcoreinfo.data, m->vmcoreinfo.len);
}

static inline void make_write(const struct make_vmcore *m, int fd)
{
	/* All of it: to gcc, its address is that of its first member. */
	const uint8_t *head = (const uint8_t *)m + offsetof(struct make_vmcore, head);
	size_t head_size = m->head.phdr[0].p_offset + m->head.phdr[0].p_filesz;
	size_t size = m->small ? MAKE_IMAGE_SIZE + MAKE_PAGE : m->size;

	if (pwrite(fd, head, head_size, 0) != (ssize_t)head_size ||
	    pwrite(fd, m->memory, size, (off_t)m->data) != (ssize_t)size)
		abort();
}

static inline void make_done(struct make_vmcore *m)
{
	bp_buf_done(&m->vmcoreinfo);
}

#endif
