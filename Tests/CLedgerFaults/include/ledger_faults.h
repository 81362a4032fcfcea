/* A file system for SQLite that does what the usual one does, counts, and fails when it is told to. Only for tests; one
   thread at a time. */
#ifndef TROUPE_LEDGER_FAULTS_H
#define TROUPE_LEDGER_FAULTS_H

/* The name by which databases are opened through it, once it is registered. Returns 0 when it is. */
#define TROUPE_LEDGER_FAULTS "troupe-faults"
int troupe_ledger_faults_register(void);

enum troupe_ledger_fault { TROUPE_FAULT_NONE, TROUPE_FAULT_FULL, TROUPE_FAULT_IO };

/* From the `at`-th write or sync on (counted together, from 1), `times` of them fail with `fault`; the counts begin anew. */
void troupe_ledger_faults_set(enum troupe_ledger_fault fault, long at, long times);

long troupe_ledger_faults_writes(void);
long troupe_ledger_faults_syncs(void);
/* Whether something was written since the last sync that succeeded, to the log or the journal. */
int troupe_ledger_faults_unsynced(void);

#endif
