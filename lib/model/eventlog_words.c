// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Events for people: the type by its name in the specification, and of its data
 * what can be recognised without knowing who wrote it.
 */
#include <string.h>

#include "eventlog.h"

#define WORDS_MAX 96	/* characters of an event's data */

enum content { NOTHING, TEXT, UTF16, VARIABLE, TAGGED };

/* PC Client Platform Firmware Profile 1.06, table "Events". */
static const struct type {
	uint32_t type;
	const char *name, *words;
	enum content content;
} types[] = {
	{ 0x00000001, "EV_POST_CODE", "a part of the firmware", TEXT },
	{ 0x00000003, "EV_NO_ACTION", "a remark", NOTHING },
	{ 0x00000004, "EV_SEPARATOR", "the separator before the boot loader", NOTHING },
	{ 0x00000005, "EV_ACTION", "an action of the firmware", TEXT },
	{ 0x00000006, "EV_EVENT_TAG", "what a boot loader or kernel tagged", TAGGED },
	{ 0x00000007, "EV_S_CRTM_CONTENTS", "the first part of the firmware", NOTHING },
	{ 0x00000008, "EV_S_CRTM_VERSION", "the firmware's version", UTF16 },
	{ 0x00000009, "EV_CPU_MICROCODE", "the processor's microcode", NOTHING },
	{ 0x0000000a, "EV_PLATFORM_CONFIG_FLAGS", "settings of the platform", NOTHING },
	{ 0x0000000b, "EV_TABLE_OF_DEVICES", "the list of devices", NOTHING },
	{ 0x0000000c, "EV_COMPACT_HASH", "a hash of the firmware", NOTHING },
	{ 0x0000000d, "EV_IPL", "what a boot loader measured", TEXT },
	{ 0x0000000e, "EV_IPL_PARTITION_DATA", "what a boot loader read", NOTHING },
	{ 0x0000000f, "EV_NONHOST_CODE", "code of another processor", NOTHING },
	{ 0x00000010, "EV_NONHOST_CONFIG", "settings of another processor", NOTHING },
	{ 0x00000011, "EV_NONHOST_INFO", "what another processor said", NOTHING },
	{ 0x00000012, "EV_OMIT_BOOT_DEVICE_EVENTS", "boot devices that are left out", TEXT },
	{ 0x80000001, "EV_EFI_VARIABLE_DRIVER_CONFIG", "a UEFI variable", VARIABLE },
	{ 0x80000002, "EV_EFI_VARIABLE_BOOT", "a UEFI boot variable", VARIABLE },
	{ 0x80000003, "EV_EFI_BOOT_SERVICES_APPLICATION", "a boot loader or kernel image",
	  NOTHING },
	{ 0x80000004, "EV_EFI_BOOT_SERVICES_DRIVER", "a UEFI driver", NOTHING },
	{ 0x80000005, "EV_EFI_RUNTIME_SERVICES_DRIVER", "a UEFI runtime driver", NOTHING },
	{ 0x80000006, "EV_EFI_GPT_EVENT", "the partition table", NOTHING },
	{ 0x80000007, "EV_EFI_ACTION", "an action of the firmware", TEXT },
	{ 0x80000008, "EV_EFI_PLATFORM_FIRMWARE_BLOB", "a part of the firmware", NOTHING },
	{ 0x80000009, "EV_EFI_HANDOFF_TABLES", "tables of the firmware", NOTHING },
	{ 0x8000000a, "EV_EFI_PLATFORM_FIRMWARE_BLOB2", "a part of the firmware", NOTHING },
	{ 0x8000000b, "EV_EFI_HANDOFF_TABLES2", "tables of the firmware", NOTHING },
	{ 0x8000000c, "EV_EFI_VARIABLE_BOOT2", "a UEFI boot variable", VARIABLE },
	{ 0x8000000d, "EV_EFI_GPT_EVENT2", "the partition table", NOTHING },
	{ 0x80000010, "EV_EFI_HCRTM_EVENT", "the processor's own start", NOTHING },
	{ 0x800000e0, "EV_EFI_VARIABLE_AUTHORITY", "a certificate that Secure Boot used",
	  VARIABLE },
	{ 0x800000e1, "EV_EFI_SPDM_FIRMWARE_BLOB", "the firmware of a device", NOTHING },
	{ 0x800000e2, "EV_EFI_SPDM_FIRMWARE_CONFIG", "settings of a device", NOTHING },
};

static const struct type *type_of(uint32_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

const char *eventlog_type(uint32_t type)
{
	const struct type *t = type_of(type);

	return t ? t->name : NULL;
}

/* plain - @v as text, UTF-16 or ASCII, up to a NUL; "" when it is neither */
static void plain(struct view v, bool wide, char out[WORDS_MAX + 1])
{
	size_t step = wide ? 2 : 1, n = 0;

	for (size_t i = 0; i + step <= v.n && n < WORDS_MAX; i += step) {
		uint8_t c = v.p[i];

		if (!c && !(wide && v.p[i + 1]))
			break;
		if ((wide && v.p[i + 1]) || c < 0x20 || c > 0x7e) {
			n = 0;
			break;
		}
		out[n++] = (char)c;
	}
	out[n] = 0;
}

/* looks_wide - boot loaders write either into the same kind of event */
static bool looks_wide(struct view v)
{
	return v.n >= 4 && v.n % 2 == 0 && v.p[0] && !v.p[1] && !v.p[3];
}

static uint64_t le_at(struct view v, size_t at, size_t n)
{
	uint64_t x = 0;

	while (n-- > 0)
		x = x << 8 | v.p[at + n];
	return x;
}

/* variable_name - UEFI_VARIABLE_DATA: GUID, two lengths, name, data */
static struct view variable_name(struct view v)
{
	uint64_t n;

	if (v.n < 32)
		return (struct view){ NULL, 0 };
	n = le_at(v, 16, 8);
	return n > (v.n - 32) / 2 ? (struct view){ NULL, 0 } :
		(struct view){ v.p + 32, 2 * (size_t)n };
}

/* tagged - an identifier, a length, then what was tagged */
static struct view tagged(struct view v)
{
	if (v.n < 8 || le_at(v, 4, 4) > v.n - 8)
		return (struct view){ NULL, 0 };
	return (struct view){ v.p + 8, (size_t)le_at(v, 4, 4) };
}

void eventlog_words(struct buf *out, const struct eventlog_event *e)
{
	const struct type *t = type_of(e->type);
	char text[WORDS_MAX + 1] = "";
	struct view v = e->data;

	if (!t) {
		buf_printf(out, "event type 0x%x", e->type);
		return;
	}
	if (t->content == VARIABLE)
		v = variable_name(v);
	else if (t->content == TAGGED)
		v = tagged(v);
	if (t->content != NOTHING)
		plain(v, t->content == UTF16 || t->content == VARIABLE || looks_wide(v), text);
	buf_str(out, t->words);
	if (!*text)
		return;
	buf_printf(out, ", '%s'", text);
}
