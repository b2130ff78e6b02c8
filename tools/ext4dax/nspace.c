// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "nspace.h"
#include "util.h"

struct nspace *ns_append(struct ns_list *list)
{
	struct nspace *ns;

	list->ns = xgrow(list->ns, list->n, sizeof(*list->ns));
	ns = &list->ns[list->n++];
	ns->address = NS_NO_ADDRESS;
	return ns;
}

void ns_list_free(struct ns_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->ns[i].name);
		free(list->ns[i].dev);
		free(list->ns[i].bad);
	}
	free(list->ns);
	*list = (struct ns_list){ 0 };
}

bool ns_is_name(const char *name)
{
	static const char prefix[] = "namespace";
	size_t digits;

	if (strncmp(name, prefix, sizeof(prefix) - 1))
		return false;
	name += sizeof(prefix) - 1;
	digits = strspn(name, "0123456789");
	if (!digits || name[digits] != '.')
		return false;
	name += digits + 1;
	digits = strspn(name, "0123456789");
	return digits && !name[digits];
}

const char *ns_mode_name(enum ns_mode mode)
{
	switch (mode) {
	case NS_FSDAX:
		return "fsdax";
	case NS_DEVDAX:
		return "devdax";
	case NS_SECTOR:
		return "sector";
	case NS_RAW:
		return "raw";
	case NS_UNKNOWN:
		break;
	}
	return NULL;
}

const char *ns_map_name(enum ns_map map)
{
	switch (map) {
	case NS_MAP_NONE:
		return "none";
	case NS_MAP_MEM:
		return "mem";
	case NS_MAP_DEV:
		return "dev";
	case NS_MAP_UNKNOWN:
		break;
	}
	return NULL;
}

const char *ns_persistence_name(enum ns_persistence persistence)
{
	switch (persistence) {
	case NS_PERSIST_MEM_CTRL:
		return "memory_controller";
	case NS_PERSIST_CPU_CACHE:
		return "cpu_cache";
	case NS_PERSIST_UNKNOWN:
		break;
	}
	return NULL;
}

const char *ns_health_name(enum ns_health health)
{
	switch (health) {
	case NS_HEALTH_OK:
		return "ok";
	case NS_HEALTH_NON_CRITICAL:
		return "non-critical";
	case NS_HEALTH_CRITICAL:
		return "critical";
	case NS_HEALTH_FATAL:
		return "fatal";
	case NS_HEALTH_FAILED:
		return "failed";
	case NS_HEALTH_UNKNOWN:
		break;
	}
	return NULL;
}
