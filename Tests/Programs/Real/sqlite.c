/* SQLite of Debian's static library: a database of 100,000 rows, made in one transaction, indexed,
 * changed, and checked; in the journal mode that the first argument names. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static sqlite3 *database;

static void check(int code, const char *what) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    printf("%s: %s\n", what, sqlite3_errmsg(database));
    exit(1);
}
static int row(void *context, int count, char **values, char **names) {
    for (int i = 0; i < count; i++) printf("%s%s", i ? "|" : "", values[i] ? values[i] : "NULL");
    printf("\n");
    return 0;
}
static void run(const char *text) { check(sqlite3_exec(database, text, row, NULL, NULL), text); }
static void size(const char *path) {
    struct stat status;
    if (stat(path, &status)) printf("%s: absent\n", path);
    else printf("%s: %lld bytes\n", path, (long long)status.st_size);
}

int main(int count, char **arguments) {
    const char *mode = count > 1 ? arguments[1] : "delete";
    char text[256];
    setvbuf(stdout, NULL, _IOLBF, 0);
    check(sqlite3_open("/tmp/test.db", &database), "open");
    snprintf(text, sizeof text, "PRAGMA journal_mode=%s", mode);
    run(text);
    run("PRAGMA synchronous=FULL; PRAGMA page_size; PRAGMA encoding;");
    run("CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT, score REAL, data BLOB)");
    run("BEGIN");
    sqlite3_stmt *insert;
    check(sqlite3_prepare_v2(database, "INSERT INTO person (name, city, score, data) VALUES (?, ?, ?, ?)", -1, &insert, NULL), "prepare");
    static const char *const cities[] = {"Oslo", "Lima", "Cairo", "Perth", "Quito", "Riga", "Turin"};
    unsigned seed = 12345;
    for (int i = 0; i < 100000; i++) {
        char name[32], data[40];
        seed = seed * 1103515245 + 12345;
        int length = snprintf(name, sizeof name, "person %u", seed >> 8);
        memset(data, i, sizeof data);
        sqlite3_bind_text(insert, 1, name, length, SQLITE_TRANSIENT);
        sqlite3_bind_text(insert, 2, cities[(seed >> 16) % 7], -1, SQLITE_STATIC);
        sqlite3_bind_double(insert, 3, (seed >> 4) % 10007 / 7.0);
        sqlite3_bind_blob(insert, 4, data, seed % 40, SQLITE_TRANSIENT);
        check(sqlite3_step(insert), "step");
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    run("COMMIT");
    size("/tmp/test.db");
    size("/tmp/test.db-wal");
    size("/tmp/test.db-journal");
    run("CREATE INDEX by_name ON person (name); CREATE INDEX by_city ON person (city, score DESC);");
    run("SELECT count(*), round(sum(score), 3), min(name), max(name), sum(length(data)) FROM person");
    run("SELECT city, count(*), round(avg(score), 4) FROM person GROUP BY city ORDER BY 2 DESC");
    run("SELECT id, name FROM person WHERE name > 'person 9' ORDER BY name LIMIT 3");
    run("SELECT a.id, b.id FROM person a JOIN person b ON a.name = b.name AND a.id < b.id ORDER BY 1 LIMIT 5");
    run("EXPLAIN QUERY PLAN SELECT * FROM person WHERE city = 'Riga' AND score > 100");
    run("UPDATE person SET score = score * 2 WHERE id % 3 = 0; SELECT changes();");
    run("BEGIN; DELETE FROM person; SELECT count(*) FROM person; ROLLBACK; SELECT count(*) FROM person;");
    run("DELETE FROM person WHERE city = 'Lima'; SELECT changes(), total_changes();");
    run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT sum(i * i) FROM n");
    run("CREATE VIRTUAL TABLE search USING fts5(body); INSERT INTO search SELECT name || ' of ' || city FROM person WHERE id < 2000;"
        "SELECT count(*) FROM search WHERE search MATCH 'riga OR oslo'");
    run("PRAGMA integrity_check; PRAGMA foreign_key_check; VACUUM; PRAGMA wal_checkpoint(TRUNCATE);");
    size("/tmp/test.db");
    sqlite3 *second;
    check(sqlite3_open_v2("/tmp/test.db", &second, SQLITE_OPEN_READONLY, NULL), "open again");
    sqlite3_stmt *query;
    check(sqlite3_prepare_v2(second, "SELECT count(*) FROM person", -1, &query, NULL), "second");
    check(sqlite3_step(query), "second step");
    printf("second connection: %d\n", sqlite3_column_int(query, 0));
    sqlite3_finalize(query);
    sqlite3_close(second);
    check(sqlite3_close(database), "close");
    size("/tmp/test.db-wal");
    size("/tmp/test.db-shm");
    return 0;
}
