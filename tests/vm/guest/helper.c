// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a scenario needs and busybox has not. Runs in test machines only.
 *
 *   vm-helper plant TAG MIB    fills anonymous memory with pages that start with
 *                              "TAG page N\n", prints "planted", keeps them until killed
 *   vm-helper find TAG FILE    counts the different N among the pages of FILE that start so;
 *                              a vmcore has some pages twice, since memory of the kernel's
 *                              image that it freed lies in two segments
 *   vm-helper screen-info FILE writes the kernel's screen_info (64 bytes) to FILE and says
 *                              how it was found: by its symbol, or, where kallsyms has no
 *                              data symbols, as the one thing in the kernel's image that
 *                              looks like it; no FILE when there is none
 *   vm-helper font             writes the console's font: "WIDTH HEIGHT COUNT\n", then
 *                              COUNT glyphs of HEIGHT rows of (WIDTH + 7) / 8 bytes
 *   vm-helper fill SEED MIB FILE     writes numbers that follow from SEED
 *   vm-helper filled SEED MIB FILE   is FILE what fill writes? says where it is not
 *   vm-helper session NAME     holds a live update session of that name, without files
 *   vm-helper damage FROM TO   copies a small file, but for one bit of the hand-over record in
 *                              it; fails where there is none
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <linux/screen_info.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE_BYTES	4096
#define FONT_ROWS	32	/* what the kernel hands out per glyph, whatever the height */
#define FONT_MAX	512
#define CHUNK_BYTES	65536
#define PLANT_MAX_PAGES	(1024 * 256)

static int plant(const char *tag, unsigned int mib)
{
	size_t bytes = (size_t)mib << 20;
	char *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	for (size_t at = 0; at < bytes; at += PAGE_BYTES)
		snprintf(mem + at, PAGE_BYTES, "%s page %zu\n", tag, at / PAGE_BYTES);
	puts("planted");
	fflush(stdout);
	for (;;)
		pause();
}

static int find(const char *tag, const char *path)
{
	static char buf[256 * PAGE_BYTES];
	static bool seen[PLANT_MAX_PAGES];
	char want[128];
	unsigned long page, found = 0;
	size_t len;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0) {
		perror(path);
		return 1;
	}
	snprintf(want, sizeof(want), "%s page ", tag);
	len = strlen(want);
	/* memory segments of a vmcore start on pages, and so does every read of this size */
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at + PAGE_BYTES <= n; at += PAGE_BYTES) {
			if (memcmp(buf + at, want, len))
				continue;
			page = strtoul(buf + at + len, NULL, 10);
			if (page < PLANT_MAX_PAGES && !seen[page]) {
				seen[page] = true;
				found++;
			}
		}
	}
	if (n < 0) {
		fprintf(stderr, "%s at %#lx: %m\n", path, (long)lseek(fd, 0, SEEK_CUR));
		return 1;
	}
	close(fd);
	printf("found %lu\n", found);
	return 0;
}

/* symbol: the address that /proc/kallsyms gives, 0 if none */
static uint64_t symbol(const char *wanted)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	unsigned long long addr, found = 0;
	char line[512], name[256];

	if (!f)
		return 0;
	while (!found && fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx %*c %255s", &addr, name) == 2 && !strcmp(name, wanted))
			found = addr;
	fclose(f);
	return found;
}

/* segment: the smallest one of /proc/kcore with this address */
static bool segment(int kcore, uint64_t addr, Elf64_Phdr *ret)
{
	Elf64_Ehdr head;
	Elf64_Phdr phdr;
	bool found = false;

	if (pread(kcore, &head, sizeof(head), 0) != sizeof(head))
		return false;
	for (unsigned int i = 0; i < head.e_phnum; i++) {
		if (pread(kcore, &phdr, sizeof(phdr), head.e_phoff + i * sizeof(phdr)) !=
		    sizeof(phdr))
			return false;
		if (phdr.p_type == PT_LOAD && addr >= phdr.p_vaddr &&
		    addr - phdr.p_vaddr < phdr.p_memsz &&
		    (!found || phdr.p_memsz < ret->p_memsz)) {
			*ret = phdr;
			found = true;
		}
	}
	return found;
}

static bool looks_right(const struct screen_info *s)
{
	unsigned int bytes = s->lfb_depth / 8;

	return s->orig_video_isVGA == VIDEO_TYPE_EFI &&
	       s->lfb_base && s->lfb_base % PAGE_BYTES == 0 &&
	       s->lfb_width >= 320 && s->lfb_width <= 16384 &&
	       s->lfb_height >= 200 && s->lfb_height <= 16384 &&
	       (s->lfb_depth == 24 || s->lfb_depth == 32) &&
	       s->lfb_linelength >= s->lfb_width * bytes &&
	       s->lfb_size >= (uint64_t)s->lfb_linelength * s->lfb_height;
}

/* scan: how many things in the kernel's image look right; *ret is the last of them */
static int scan(int kcore, const Elf64_Phdr *image, struct screen_info *ret)
{
	char *buf = malloc(image->p_memsz);
	struct screen_info *one;
	ssize_t n;
	int hits = 0;

	if (!buf)
		return -1;
	for (uint64_t got = 0; got < image->p_memsz; got += n) {
		n = pread(kcore, buf + got, image->p_memsz - got, image->p_offset + got);
		if (n <= 0)
			return -1;
	}
	for (uint64_t at = 0; at + sizeof(*one) <= image->p_memsz; at += 4) {
		one = (struct screen_info *)(buf + at);
		if (looks_right(one)) {
			*ret = *one;
			hits++;
		}
	}
	free(buf);
	return hits;
}

static int screen_info(const char *path)
{
	static const char *const names[] = { "sysfb_primary_display", "screen_info" };
	struct screen_info found;
	int kcore = open("/proc/kcore", O_RDONLY | O_CLOEXEC), hits;
	uint64_t at = 0, text = symbol("_stext");
	Elf64_Phdr image;
	FILE *out;

	if (kcore < 0 || !text || !segment(kcore, text, &image)) {
		perror("no image of the kernel in /proc/kcore");
		return 1;
	}
	for (unsigned int i = 0; !at && i < sizeof(names) / sizeof(*names); i++)
		if ((at = symbol(names[i])))
			printf("symbol %s\n", names[i]);
	if (at) {
		if (pread(kcore, &found, sizeof(found), image.p_offset + at - image.p_vaddr) !=
		    sizeof(found)) {
			perror("/proc/kcore");
			return 1;
		}
	} else {
		hits = scan(kcore, &image, &found);
		if (hits < 0) {
			perror("/proc/kcore");
			return 1;
		}
		printf("scan: %d found\n", hits);
		if (hits != 1)
			return hits != 0;
	}
	out = fopen(path, "we");
	if (!out || fwrite(&found, sizeof(found), 1, out) != 1 || fclose(out)) {
		perror(path);
		return 1;
	}
	return 0;
}

static int font(void)
{
	static unsigned char data[FONT_MAX * FONT_ROWS * 4];
	struct console_font_op op = {
		.op = KD_FONT_OP_GET,
		.width = 32,
		.height = FONT_ROWS,
		.charcount = FONT_MAX,
		.data = data,
	};
	unsigned int pitch;
	int fd = open("/dev/tty1", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, KDFONTOP, &op)) {
		perror("font of /dev/tty1");
		return 1;
	}
	close(fd);
	pitch = (op.width + 7) / 8;
	printf("%u %u %u\n", op.width, op.height, op.charcount);
	for (unsigned int i = 0; i < op.charcount; i++)
		fwrite(data + i * FONT_ROWS * pitch, pitch, op.height, stdout);
	return 0;
}

/* The next chunk of the numbers of a seed (xorshift64, Marsaglia 2003). */
static void numbers(uint64_t *state, uint64_t *chunk, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		*state ^= *state << 13;
		*state ^= *state >> 7;
		*state ^= *state << 17;
		chunk[i] = *state;
	}
}

static int fill(unsigned long seed, unsigned long mib, const char *path, bool compare)
{
	static uint64_t want[CHUNK_BYTES / 8], got[CHUNK_BYTES / 8];
	uint64_t state = seed + 1;
	FILE *f = fopen(path, compare ? "r" : "w");

	if (!f) {
		perror(path);
		return 1;
	}
	for (unsigned long i = 0; i < mib * ((1 << 20) / CHUNK_BYTES); i++) {
		numbers(&state, want, CHUNK_BYTES / 8);
		if (!compare && fwrite(want, CHUNK_BYTES, 1, f) != 1) {
			perror(path);
			return 1;
		}
		if (compare && (fread(got, CHUNK_BYTES, 1, f) != 1 ||
				memcmp(got, want, CHUNK_BYTES))) {
			printf("%s: other bytes from about %lu on\n", path, i * CHUNK_BYTES);
			return 1;
		}
	}
	if (compare && fgetc(f) != EOF) {
		printf("%s: longer than %lu MiB\n", path, mib);
		return 1;
	}
	if (fclose(f)) {
		perror(path);
		return 1;
	}
	return 0;
}

/* LIVEUPDATE_IOCTL_CREATE_SESSION, include/uapi/linux/liveupdate.h (Linux 7.3) */
static int session(const char *name)
{
	struct {
		uint32_t size;
		int32_t fd;
		char name[64];
	} s = { .size = sizeof(s) };
	int device = open("/dev/liveupdate", O_RDWR);

	snprintf(s.name, sizeof(s.name), "%s", name);
	if (device < 0 || ioctl(device, _IO(0xba, 0x00), &s)) {
		perror("/dev/liveupdate");
		return 1;
	}
	close(device);
	for (;;)
		pause();
}

/* Behind the header of the record, whose bytes its CRC is about. */
static int damage(const char *from, const char *to)
{
	static const char magic[] = "BPHANDOV";
	static char buf[2 << 20];
	FILE *in = fopen(from, "re"), *out;
	char *record;
	size_t n;

	if (!in) {
		perror(from);
		return 1;
	}
	n = fread(buf, 1, sizeof(buf), in);
	fclose(in);
	record = memmem(buf, n, magic, sizeof(magic) - 1);
	if (!record || record + 100 >= buf + n) {
		fprintf(stderr, "%s: no record\n", from);
		return 1;
	}
	record[100] ^= 1;
	out = fopen(to, "we");
	if (!out || fwrite(buf, 1, n, out) != n || fclose(out)) {
		perror(to);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "session") == 0)
		return session(argv[2]);
	if (argc == 5 && (strcmp(argv[1], "fill") == 0 || strcmp(argv[1], "filled") == 0))
		return fill(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10), argv[4],
			    strcmp(argv[1], "filled") == 0);
	if (argc == 4 && strcmp(argv[1], "plant") == 0)
		return plant(argv[2], strtoul(argv[3], NULL, 10));
	if (argc == 4 && strcmp(argv[1], "find") == 0)
		return find(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "damage") == 0)
		return damage(argv[2], argv[3]);
	if (argc == 3 && strcmp(argv[1], "screen-info") == 0)
		return screen_info(argv[2]);
	if (argc == 2 && strcmp(argv[1], "font") == 0)
		return font();
	fputs("usage: vm-helper plant TAG MIB | find TAG FILE | "
	      "screen-info FILE | font | fill SEED MIB FILE | filled SEED MIB FILE | "
	      "session NAME | damage FROM TO\n",
	      stderr);
	return 2;
}
