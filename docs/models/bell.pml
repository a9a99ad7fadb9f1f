/*
 * The bell and the pump: is every commit heard of, without anybody polling?
 *
 * Writers insert, read the flag and commit; a commit that has read 0 rings with it. The pump, of which one may die and another
 * take its place, looks at the log while the flag is 1. A listener reads when the bell has rung. When nothing moves any more, the
 * listener must have read everything that was committed.
 *
 *   scripts/model-check.sh      checks it, and that each of these broken variants loses a commit:
 *     -DFLAG_FIRST    the writer reads the flag before it inserts
 *     -DNO_WAIT       the pump that goes quiet does not wait for the open writers
 *     -DLOOK_FIRST    it waits for them, but takes its last look before they have ended
 *     -DKEEP_FLAG     a new pump believes the flag that it finds
 */

#define WRITERS 2
#define DEATHS 1

bool flag;                /* 0: writers ring; 1: the pump does. Read and set outside of transactions. */
bool writing[WRITERS];       /* holds a writer's lock on the log */
byte committed;           /* records that are visible */
byte done;                /* writers that have ended */
bool bell_listener;       /* a notification is on its way */
bool bell_pump;
byte read_by_listener;
byte deaths;

inline ring() {
    bell_listener = true;
    bell_pump = true;
}

proctype Writer(byte me) {
    bool busy;
#ifdef FLAG_FIRST
    busy = flag;
    writing[me] = true;
#else
    writing[me] = true;      /* INSERT: takes the lock */
    busy = flag;          /* pg_sequence_last_value */
#endif
    if
    :: atomic {           /* COMMIT: visible, unlocked, and rung, at once for everybody */
           committed++;
           writing[me] = false;
           if
           :: !busy -> ring()
           :: else
           fi;
       }
    :: writing[me] = false   /* ROLLBACK: no record, no bell */
    fi;
    done++;
}

proctype Listener() {
end:
    do
    :: bell_listener ->
           bell_listener = false;
           read_by_listener = committed
    od
}

/* A look: the statement's snapshot, then its NOTIFY. */
inline look() {
    seen = committed;
    if
    :: seen != known -> known = seen; ring()
    :: else
    fi;
}

proctype Pump() {
    byte known;           /* what it has rung for; a new pump knows nothing and rings at its first look */
    byte seen;
    byte writer;
    bool waiting[WRITERS];
start:
    known = 255;
    bell_pump = false;
#ifdef KEEP_FLAG
    if
    :: flag -> look(); goto busy
    :: else -> look(); goto quiet
    fi;
#endif
drain:
    flag = 0;
#ifdef NO_WAIT
    look();
#else
    atomic {              /* pg_locks */
        writer = 0;
        do
        :: writer < WRITERS -> waiting[writer] = writing[writer]; writer++
        :: else -> break
        od;
    }
    look();
#ifdef LOOK_FIRST
    look();
#endif
    /* Each writer listed has one transaction here: until it has ended. */
    writer = 0;
    do
    :: writer < WRITERS ->
           if
           :: !waiting[writer] || !writing[writer] -> writer++
           :: deaths < DEATHS -> deaths++; goto start
           fi
    :: else -> break
    od;
#ifndef LOOK_FIRST
    look();
#endif
#endif
quiet:
end:
    do
    :: bell_pump ->
           bell_pump = false;
           if
           :: goto wake        /* many bells */
           :: skip
           fi
    :: deaths < DEATHS && done < WRITERS -> deaths++; goto start
    od;
wake:
    flag = 1;
busy:
    do
    :: committed != known -> look()
    :: goto drain              /* little is found */
    :: deaths < DEATHS -> deaths++; goto start
    od
}

init {
    byte number;
    atomic {
        run Pump();
        run Listener();
        number = 0;
        do
        :: number < WRITERS -> run Writer(number); number++
        :: else -> break
        od
    }
    timeout;
    assert(done == WRITERS && read_by_listener == committed)
}
