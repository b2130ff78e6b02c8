// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lmdb DIR TRANSACTIONS KEYS: put KEYS pairs of 16 and 200 bytes, in random
 * order, in each durable transaction of an LMDB that is mapped writable
 * (MDB_WRITEMAP). Prints transactions a second.
 */
#include <err.h>
#include <lmdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static void check(int rc, const char *what)
{
	if (rc)
		errx(1, "%s: %s", what, mdb_strerror(rc));
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift". */
static uint64_t rnd(uint64_t *s)
{
	*s ^= *s >> 12;
	*s ^= *s << 25;
	*s ^= *s >> 27;
	return *s * 0x2545f4914f6cdd1dULL;
}

int main(int argc, char **argv)
{
	uint64_t seed = 1, key[2] = { 0 };
	char data[200];
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi db;
	double begin;
	int txns, keys;

	if (argc != 4)
		errx(1, "usage: lmdb DIR TRANSACTIONS KEYS");
	txns = atoi(argv[2]);
	keys = atoi(argv[3]);
	memset(data, 'd', sizeof(data));
	if (mkdir(argv[1], 0700))
		err(1, "%s", argv[1]);
	check(mdb_env_create(&env), "create");
	check(mdb_env_set_mapsize(env, 128 << 20), "mapsize");
	check(mdb_env_open(env, argv[1], MDB_WRITEMAP, 0600), argv[1]);

	begin = now();
	for (int i = 0; i < txns; i++) {
		check(mdb_txn_begin(env, NULL, 0, &txn), "begin");
		check(mdb_dbi_open(txn, NULL, 0, &db), "open");
		for (int k = 0; k < keys; k++) {
			MDB_val name = { sizeof(key), key }, value = { sizeof(data), data };

			key[0] = rnd(&seed);
			check(mdb_put(txn, db, &name, &value, 0), "put");
		}
		check(mdb_txn_commit(txn), "commit");
	}
	printf("%.1f\n", txns / (now() - begin));
	mdb_env_close(env);
	return 0;
}
