#include "ledger_faults.h"

#include <sqlite3.h>
#include <string.h>

static sqlite3_vfs *usual;
static sqlite3_vfs faulty;
static enum troupe_ledger_fault fault;
static long fault_at, fault_times, steps, writes, syncs;
static int unsynced;

struct faulty_file {
    sqlite3_file base;
    sqlite3_file *real; /* in the memory that follows */
};

static sqlite3_file *real(sqlite3_file *file) { return ((struct faulty_file *)file)->real; }

static int step(int io_code) {
    steps++;
    if (fault == TROUPE_FAULT_NONE || steps < fault_at || steps >= fault_at + fault_times) return SQLITE_OK;
    return fault == TROUPE_FAULT_FULL ? SQLITE_FULL : io_code;
}

static int file_close(sqlite3_file *f) { return real(f)->pMethods ? real(f)->pMethods->xClose(real(f)) : SQLITE_OK; }
static int file_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at) { return real(f)->pMethods->xRead(real(f), to, n, at); }
static int file_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at) {
    int code = step(SQLITE_IOERR_WRITE);
    writes++;
    if (code != SQLITE_OK) {
        /* A torn write: half of it is there. */
        if (n > 1) real(f)->pMethods->xWrite(real(f), from, n / 2, at);
        return code;
    }
    unsynced = 1;
    return real(f)->pMethods->xWrite(real(f), from, n, at);
}
static int file_truncate(sqlite3_file *f, sqlite3_int64 n) { return real(f)->pMethods->xTruncate(real(f), n); }
static int file_sync(sqlite3_file *f, int flags) {
    int code = step(SQLITE_IOERR_FSYNC);
    if (code != SQLITE_OK) return code;
    syncs++;
    unsynced = 0;
    return real(f)->pMethods->xSync(real(f), flags);
}
static int file_size(sqlite3_file *f, sqlite3_int64 *n) { return real(f)->pMethods->xFileSize(real(f), n); }
static int file_lock(sqlite3_file *f, int kind) { return real(f)->pMethods->xLock(real(f), kind); }
static int file_unlock(sqlite3_file *f, int kind) { return real(f)->pMethods->xUnlock(real(f), kind); }
static int file_reserved(sqlite3_file *f, int *is) { return real(f)->pMethods->xCheckReservedLock(real(f), is); }
static int file_control(sqlite3_file *f, int op, void *arg) { return real(f)->pMethods->xFileControl(real(f), op, arg); }
static int file_sector(sqlite3_file *f) { return real(f)->pMethods->xSectorSize(real(f)); }
static int file_device(sqlite3_file *f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); }

/* Version 1 has no shared memory, which a database of one process does without. */
static const sqlite3_io_methods methods = {
    1, file_close, file_read, file_write, file_truncate, file_sync, file_size, file_lock, file_unlock, file_reserved,
    file_control, file_sector, file_device, 0, 0, 0, 0, 0, 0,
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out) {
    struct faulty_file *own = (struct faulty_file *)file;
    (void)vfs;
    own->real = (sqlite3_file *)(own + 1);
    own->base.pMethods = 0;
    int code = usual->xOpen(usual, name, own->real, flags, out);
    if (own->real->pMethods) own->base.pMethods = &methods;
    return code;
}

int troupe_ledger_faults_register(void) {
    if (usual) return SQLITE_OK;
    usual = sqlite3_vfs_find(0);
    if (!usual) return SQLITE_ERROR;
    memcpy(&faulty, usual, sizeof faulty);
    faulty.zName = TROUPE_LEDGER_FAULTS;
    faulty.szOsFile = (int)sizeof(struct faulty_file) + usual->szOsFile;
    faulty.xOpen = vfs_open;
    faulty.pNext = 0;
    return sqlite3_vfs_register(&faulty, 0);
}

void troupe_ledger_faults_set(enum troupe_ledger_fault kind, long at, long times) {
    fault = kind;
    fault_at = at;
    fault_times = times;
    steps = writes = syncs = 0;
}

long troupe_ledger_faults_writes(void) { return writes; }
long troupe_ledger_faults_syncs(void) { return syncs; }
int troupe_ledger_faults_unsynced(void) { return unsynced; }
