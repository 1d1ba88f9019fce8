/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Purgatory on arm64. With the MMU off nothing is cached, and hashing takes minutes: the
 * loader has made tables that map the regions and this code where they are, and they are
 * used where the CPU can. Complaints come after that, when all of memory is there again,
 * the UART included.
 */
#include "../check.h"
#include "machine.h"

/* Which registers hold, and how the bits of some of them lie. */
enum regime {
	EL1,
	EL2,
	EL2_VHE,
};

#define CURRENT_EL_2 (2u << 2)
#define HCR_EL2_E2H (UINT64_C(1) << 34)

#define SCTLR_M (UINT64_C(1) << 0)
#define SCTLR_A (UINT64_C(1) << 1)
#define SCTLR_C (UINT64_C(1) << 2)
#define SCTLR_SA (UINT64_C(1) << 3)
#define SCTLR_I (UINT64_C(1) << 12)
#define SCTLR_WXN (UINT64_C(1) << 19)

/* 48 bits; walks write-back and inner shareable; 4 KiB granule */
#define TCR_COMMON (16u << 0 | 1u << 8 | 1u << 10 | 3u << 12)
/* without VHE: RES1, and PS; else nothing in the upper half (EPD1), and IPS */
#define TCR_EL2(ps) (TCR_COMMON | 1u << 23 | 1u << 31 | (ps) << 16)
#define TCR_EL1(ips) (TCR_COMMON | 16u << 16 | 1u << 23 | 2u << 30 | (ips) << 32)
#define PA_RANGE_48_BITS 5

#define MAIR_NORMAL 0xff	/* attribute 0: write-back, allocating */

#define CPACR_FPEN (UINT64_C(3) << 20)	/* CPACR_EL1; CPTR_EL2 with VHE */
#define CPACR_SMEN (UINT64_C(3) << 24)
#define CPTR_EL2_TFP (UINT64_C(1) << 10)
#define CPTR_EL2_TSM (UINT64_C(1) << 12)

#define READ(name)								\
	({									\
		uint64_t value_;						\
										\
		__asm__ volatile("mrs %0, " name : "=r"(value_) : : "memory");	\
		value_;								\
	})
#define WRITE(name, value)							\
	__asm__ volatile("msr " name ", %0" : : "r"((uint64_t)(value)) : "memory")

/* A register that each of EL1 and EL2 has. */
#define REGISTER(name, el1, el2)						\
	static uint64_t get_##name(enum regime regime)				\
	{									\
		return regime == EL1 ? READ(el1) : READ(el2);			\
	}									\
	static void set_##name(enum regime regime, uint64_t value)		\
	{									\
		if (regime == EL1)						\
			WRITE(el1, value);					\
		else								\
			WRITE(el2, value);					\
	}

REGISTER(sctlr, "sctlr_el1", "sctlr_el2")
REGISTER(cptr, "cpacr_el1", "cptr_el2")
REGISTER(vbar, "vbar_el1", "vbar_el2")
REGISTER(tcr, "tcr_el1", "tcr_el2")
REGISTER(mair, "mair_el1", "mair_el2")
REGISTER(ttbr0, "ttbr0_el1", "ttbr0_el2")
REGISTER(tcr2, "s3_0_c2_c0_3", "s3_4_c2_c0_3")	/* unknown to older assemblers */

/* ID registers: four bits each */
static unsigned int field(uint64_t id, unsigned int shift)
{
	return id >> shift & 0xf;
}

static bool has_tcr2(void)
{
	return field(READ("s3_0_c0_c7_3"), 0);	/* ID_AA64MMFR3_EL1.TCRX */
}

struct state {
	uint64_t sctlr, cptr, vbar, tcr, mair, ttbr0, tcr2;
};

static enum regime find_regime(void)
{
	if (READ("CurrentEL") != CURRENT_EL_2)
		return EL1;
	return READ("hcr_el2") & HCR_EL2_E2H ? EL2_VHE : EL2;
}

static void save(enum regime regime, struct state *ret_state)
{
	ret_state->sctlr = get_sctlr(regime);
	ret_state->cptr = get_cptr(regime);
	ret_state->vbar = get_vbar(regime);
	ret_state->tcr = get_tcr(regime);
	ret_state->mair = get_mair(regime);
	ret_state->ttbr0 = get_ttbr0(regime);
	ret_state->tcr2 = has_tcr2() ? get_tcr2(regime) : 0;
}

static void isb(void)
{
	__asm__ volatile("isb" : : : "memory");
}

/* All but SCTLR, which machine_leave() has set. */
static void restore(enum regime regime, const struct state *state)
{
	set_cptr(regime, state->cptr);
	set_vbar(regime, state->vbar);
	set_tcr(regime, state->tcr);
	set_mair(regime, state->mair);
	set_ttbr0(regime, state->ttbr0);
	if (has_tcr2())
		set_tcr2(regime, state->tcr2);
	isb();
}

/* The SIMD registers, for the SHA instructions. */
static void open_simd(enum regime regime, uint64_t cptr)
{
	bool has_sme = field(READ("id_aa64pfr1_el1"), 24);

	if (regime == EL2)
		cptr &= ~(CPTR_EL2_TFP | (has_sme ? CPTR_EL2_TSM : 0));
	else
		cptr |= CPACR_FPEN | (has_sme ? CPACR_SMEN : 0);
	set_cptr(regime, cptr);
	isb();
	/* There are no SHA instructions in streaming mode: smstop sm */
	if (has_sme)
		__asm__ volatile(".inst 0xd503427f" : : : "memory");
}

/* The loader's tables. False: not on this CPU. */
static bool set_tables(enum regime regime, uint64_t tables)
{
	uint64_t mmfr0 = READ("id_aa64mmfr0_el1");
	uint64_t range = field(mmfr0, 0);

	if (!tables || field(mmfr0, 28) >= 8)	/* TGran4 is signed: there is none */
		return false;
	if (range > PA_RANGE_48_BITS)
		range = PA_RANGE_48_BITS;
	set_ttbr0(regime, tables);
	set_mair(regime, MAIR_NORMAL);
	set_tcr(regime, regime == EL2 ? TCR_EL2(range) : TCR_EL1(range));
	/* It gives the tables' bits other meanings. */
	if (has_tcr2())
		set_tcr2(regime, 0);
	isb();
	return true;
}

int purgatory_main(const struct kexec_purgatory_params *p)
{
	enum regime regime = find_regime();
	uint8_t digest[BP_SHA256_SIZE];
	struct state before;
	uint64_t sctlr;
	uint32_t region;

	save(regime, &before);
	set_vbar(regime, (uintptr_t)machine_vectors);
	open_simd(regime, before.cptr);
	/* Instructions are cached without the MMU, too. */
	sctlr = (before.sctlr & ~(SCTLR_A | SCTLR_SA | SCTLR_WXN)) | SCTLR_I;
	if (set_tables(regime, p->page_tables))
		sctlr |= SCTLR_M | SCTLR_C;
	machine_forget();
	set_sctlr(regime, sctlr);
	isb();

	/* The next kernel starts without caches: what they know better is not what it
	 * will see. */
	for (uint32_t i = 0; i < p->n_regions; i++)
		machine_flush(p->regions[i].mem, p->regions[i].mem + p->regions[i].len);
	region = kexec_purgatory_check(p, digest);

	machine_leave(before.sctlr);
	restore(regime, &before);
	if (region == p->n_regions)
		return 0;
	kexec_purgatory_report(p, region, digest);
	return 1;
}

/* Memory that cannot be read, or page tables that are damaged. */
void purgatory_exception(const struct kexec_purgatory_params *p, uint64_t syndrome,
			 uint64_t instruction, uint64_t address)
{
	struct kexec_purgatory_console c;

	kexec_purgatory_console_open(&c, p);
	kexec_purgatory_put_text(&c, "\nkexec: exception while memory was checked: ESR ");
	kexec_purgatory_put_hex(&c, syndrome);
	kexec_purgatory_put_text(&c, ", FAR ");
	kexec_purgatory_put_hex(&c, address);
	kexec_purgatory_put_text(&c, ", ELR ");
	kexec_purgatory_put_hex(&c, instruction);
	kexec_purgatory_put_text(&c, "\n" KEXEC_PURGATORY_STOPS "\n");
}

void machine_out(uint64_t address, unsigned int width, uint32_t value)
{
	if (width == 1)
		*(volatile uint8_t *)address = (uint8_t)value;
	else if (width == 2)
		*(volatile uint16_t *)address = (uint16_t)value;
	else
		*(volatile uint32_t *)address = value;
}

uint32_t machine_in(uint64_t address, unsigned int width)
{
	if (width == 1)
		return *(volatile uint8_t *)address;
	if (width == 2)
		return *(volatile uint16_t *)address;
	return *(volatile uint32_t *)address;
}
