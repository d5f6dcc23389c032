/* Databases of results with trials that nobody ran, for what merges them. */
#ifndef LL_TESTS_MADE_TRIALS_H
#define LL_TESTS_MADE_TRIALS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>

#include "data/results/results.h"

/* Rows as `compare` writes them, with keys and values of their own. */
static const char fill[] =
    "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<%d) INSERT INTO trial "
    "SELECT lower(hex(randomblob(16))),'latlab 0.1.0 / "
    "3',lower(hex(randomblob(16))),'nb201','nasbench201','ND',"
    "'1080ti_1,1080ti_32,1080ti_256,silver_4114,silver_4210r,samsung_a50,pixel3,essential_ph_1,samsung_s7',"
    "'titan_rtx_256','nasflat','{\"epochs\":150,\"transfer_epochs\":40}','random',20,0,512,i,1,NULL,0.9,"
    "1.7e9+i,20,15605,abs(random())/1e19,abs(random())/1e19,abs(random())/1e19,abs(random())/1e18,"
    "abs(random())/1e19,abs(random())/1e19,abs(random())/1e19,abs(random())/1e19,NULL,NULL,0.004,"
    "'node0042','Intel(R) Xeon(R) Processor (family 6, model 207)','SkylakeX','0.1.0',1.5 FROM c";

/* A database of so many trials that no other has. */
static bool made_trials(const char *path, int rows)
{
    ll_results *r;
    sqlite3 *db;
    char sql[2048];
    if (ll_results_open(path, &r, NULL)) return false;
    ll_results_close(r);
    snprintf(sql, sizeof sql, fill, rows);
    bool good = sqlite3_open(path, &db) == SQLITE_OK &&
                sqlite3_exec(db, "PRAGMA journal_mode=DELETE;PRAGMA synchronous=OFF", NULL, NULL, NULL) ==
                    SQLITE_OK &&
                sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_close(db);
    return good;
}

#endif
