"""Workers of other libraries on the same job: a row of users is committed, a process of its own commits its profile.

    worker_peer.py setup ROLE DSN            tables and trigger of a role, on existing tables users and profiles
    worker_peer.py drain ROLE DSN --count N  works off a backlog, until there are N profiles
    worker_peer.py serve ROLE DSN            works until SIGTERM
    worker_peer.py teardown ROLE DSN         removes what setup made, with the jobs that are left

Each line of output is a JSON object: {"event": "ready"}, and at the end {"event": "done", "count": ..., "seconds": ...,
"cpu": ..., "rss_mb": ...}. The clock and the CPU time start at "ready", the clock stops at the last profile.
A role that this Python cannot run prints {"event": "unavailable", "reason": ...} and exits with status 3.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

UNAVAILABLE = 3


def report(event: str, **fields: Any) -> None:
    """Prints one event."""
    print(json.dumps({"event": event, **fields}), flush=True)


def cpu_seconds() -> float:
    """User and system time of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_megabytes() -> float:
    """The peak of this process's resident memory."""
    try:
        # Not ru_maxrss where this is to be had: on Linux that starts at the peak of the process which started this one.
        with open("/proc/self/status", encoding="ascii") as status:
            kilobytes = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / 1024


class Run:
    """What a worker has done since it was ready, and when it has to end."""

    def __init__(self, goal: int | None) -> None:
        self.goal = goal
        self.count = 0
        self.stopping = False
        self.on_stop: Callable[[], None] = lambda: None
        signal.signal(signal.SIGTERM, lambda *_: self.stop())

    def ready(self) -> None:
        """Starts the clock."""
        report("ready")
        self.started = self.last = time.perf_counter()
        self.cpu = cpu_seconds()

    def made(self, count: int) -> None:
        """Counts profiles that were committed just now."""
        self.count += count
        self.last = time.perf_counter()
        if self.goal is not None and self.count >= self.goal:
            self.stop()

    def found(self, profiles: int) -> None:
        """Ends the work if there are enough profiles, whichever process made them."""
        if self.goal is not None and profiles >= self.goal:
            self.stop()

    def stop(self) -> None:
        """Ends the work after what is under way."""
        self.stopping = True
        self.on_stop()

    def done(self) -> None:
        """Reports what was done."""
        report(
            "done",
            count=self.count,
            seconds=round(self.last - self.started, 6),
            cpu=round(cpu_seconds() - self.cpu, 6),
            rss_mb=round(peak_megabytes(), 1),
        )


# -- the trigger on users, which all roles need


def trigger_sql(role: str, body: str) -> str:
    """SQL that runs body, PL/pgSQL, for each new row of users."""
    return f"""
        CREATE OR REPLACE FUNCTION peer_{role}_enqueue() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {body}
            RETURN NULL;
        END
        $$;
        DROP TRIGGER IF EXISTS peer_{role} ON users;
        CREATE TRIGGER peer_{role} AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION peer_{role}_enqueue();
    """


def drop_trigger_sql(role: str) -> str:
    """SQL that removes what trigger_sql made."""
    return f"DROP TRIGGER IF EXISTS peer_{role} ON users; DROP FUNCTION IF EXISTS peer_{role}_enqueue();"


def execute(dsn: str, sql: str) -> None:
    """Runs SQL in one transaction."""
    with psycopg.connect(dsn) as connection:
        # A second run finds everything there, which is no news.
        connection.execute("SET client_min_messages = warning")
        connection.execute(sql)


# -- written by hand, in two ways on the same table of jobs

POLL_SECONDS = 0.5


def setup_by_hand(dsn: str) -> None:
    """Makes the table of jobs and its trigger."""
    table = "CREATE TABLE IF NOT EXISTS profile_jobs (id bigserial PRIMARY KEY, user_id bigint NOT NULL);"
    body = "INSERT INTO profile_jobs (user_id) VALUES (NEW.id); PERFORM pg_notify('profile_jobs', '');"
    execute(dsn, table + trigger_sql("by_hand", body))


def teardown_by_hand(dsn: str) -> None:
    """Removes the table of jobs and its trigger."""
    execute(dsn, drop_trigger_sql("by_hand") + "DROP TABLE IF EXISTS profile_jobs;")


def skip_locked_batch(connection: psycopg.Connection, together: bool) -> int:
    """Takes 100 jobs, inserts a profile for each, deletes the jobs, and commits."""
    with connection.pipeline(), connection.transaction():
        jobs = connection.execute(
            "SELECT id, user_id FROM profile_jobs ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED", prepare=True, binary=True
        ).fetchall()
        insert = "INSERT INTO profiles (user_id) VALUES (%s)"
        if together:
            # Still a statement for each job, but without a call of psycopg for each; only work with no more to it can do so.
            connection.cursor().executemany(insert, [(user_id,) for _, user_id in jobs])
        else:
            for _, user_id in jobs:
                connection.execute(insert, (user_id,), prepare=True)
        if jobs:
            ids = [job_id for job_id, _ in jobs]
            connection.execute("DELETE FROM profile_jobs WHERE id = ANY(%s)", (ids,), prepare=True)
    return len(jobs)


def set_based_batch(connection: psycopg.Connection) -> int:
    """Takes 1000 jobs and deletes them, inserts their profiles in one statement, and commits."""
    with connection.pipeline(), connection.transaction():
        jobs = connection.execute(
            """
            DELETE FROM profile_jobs
            WHERE id = ANY(ARRAY(SELECT id FROM profile_jobs ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED))
            RETURNING user_id
            """,
            prepare=True,
            binary=True,
        ).fetchall()
        if jobs:
            users = [user_id for (user_id,) in jobs]
            connection.execute("INSERT INTO profiles (user_id) SELECT unnest(%s::bigint[])", (users,), prepare=True)
    return len(jobs)


def drop_jobs_without_user(connection: psycopg.Connection) -> None:
    """Deletes the jobs whose user is gone."""
    connection.execute("DELETE FROM profile_jobs WHERE NOT EXISTS (SELECT FROM users WHERE users.id = user_id)")


def run_by_hand(dsn: str, run: Run, batch: Callable[[psycopg.Connection], int]) -> None:
    """Takes batches until there are no more jobs, then waits for a notification, at most for the time of a poll."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("LISTEN profile_jobs")
        run.ready()
        while not run.stopping:
            try:
                count = batch(connection)
            except psycopg.errors.ForeignKeyViolation:
                # Found out only here, so that the usual batch has not to look for its users.
                drop_jobs_without_user(connection)
                continue
            if count:
                run.made(count)
                continue
            if run.goal is not None:
                run.found(connection.execute("SELECT count(*) FROM profiles").fetchone()[0])
            if not run.stopping:
                # psycopg keeps what came during the batches, so that no notification is missed in between.
                for _ in connection.notifies(timeout=POLL_SECONDS, stop_after=1):
                    pass


# -- what the libraries' roles have in common


async def run_until_stopped(run: Run, profiles: Callable[[], Coroutine[Any, Any, int]]) -> None:
    """Waits until the run has to end."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, run.stop)
    run.on_stop = stopped.set
    while not run.stopping:
        try:
            await asyncio.wait_for(stopped.wait(), 0.5 if run.goal is not None else None)
        except TimeoutError:
            run.found(await profiles())


# At least once is what these libraries promise: a job may come again after its profile was committed.
INSERT_PROFILE = "INSERT INTO profiles (user_id) VALUES ({}) ON CONFLICT (user_id) DO NOTHING"
COUNT_PROFILES = "SELECT count(*) FROM profiles"


# -- PgQueuer


def asyncpg_parameters(dsn: str) -> dict[str, Any]:
    """The parameters of a DSN by asyncpg's names; it takes no key=value strings itself."""
    names = {"host": "host", "port": "port", "user": "user", "password": "password", "dbname": "database", "sslmode": "ssl"}
    return {names[name]: value for name, value in conninfo_to_dict(dsn).items() if name in names}


async def pgqueuer_install(dsn: str, installed: bool) -> None:
    """Installs PgQueuer's schema with the settings for autovacuum that its documentation advises, or removes it."""
    import asyncpg
    from pgqueuer.db import AsyncpgDriver
    from pgqueuer.queries import Queries

    connection = await asyncpg.connect(**asyncpg_parameters(dsn))
    try:
        queries = Queries(AsyncpgDriver(connection))
        present = await queries.schema_is_installed()
        if installed and not present:
            await queries.install()
            await queries.optimize_autovacuum()
        elif present and not installed:
            await queries.uninstall()
    finally:
        await connection.close()


def setup_pgqueuer(dsn: str) -> None:
    """Makes PgQueuer's schema, and a trigger that enqueues a job as its own enqueue does: with an entry in its log."""
    asyncio.run(pgqueuer_install(dsn, True))
    body = """
        WITH job AS (
            INSERT INTO pgqueuer (priority, entrypoint, payload, status)
            VALUES (0, 'create_profile', convert_to(NEW.id::text, 'UTF8'), 'queued')
            RETURNING id, priority, entrypoint, status
        )
        INSERT INTO pgqueuer_log (job_id, priority, entrypoint, status) SELECT id, priority, entrypoint, status FROM job;
    """
    execute(dsn, trigger_sql("pgqueuer", body))


def teardown_pgqueuer(dsn: str) -> None:
    """Removes the trigger and PgQueuer's schema."""
    execute(dsn, drop_trigger_sql("pgqueuer"))
    asyncio.run(pgqueuer_install(dsn, False))


async def keep_session(_: Any) -> None:
    """Leaves a connection as it is when it goes back to its pool."""


async def run_pgqueuer(dsn: str, run: Run, options: argparse.Namespace) -> None:
    """PgQueuer on a connection of its own, with a pool for the work, as its guide to performance advises."""
    import asyncpg
    from pgqueuer import PgQueuer

    parameters = asyncpg_parameters(dsn)
    connection = await asyncpg.connect(**parameters)
    # Without a reset, which is a trip to the server for each job: the work leaves nothing behind in the session.
    async with asyncpg.create_pool(min_size=options.pool, max_size=options.pool, reset=keep_session, **parameters) as pool:
        manager = PgQueuer.from_asyncpg_connection(connection)

        @manager.entrypoint("create_profile")
        async def create_profile(job: Any) -> None:
            # One statement is a transaction by itself.
            await pool.execute(INSERT_PROFILE.format("$1"), int(job.payload))
            run.made(1)

        run.ready()
        # The cap on jobs under way is what keeps a backlog out of memory.
        work = asyncio.create_task(
            manager.run(batch_size=options.batch, max_concurrent_tasks=options.concurrency or None)
        )
        until = asyncio.create_task(run_until_stopped(run, lambda: pool.fetchval(COUNT_PROFILES)))
        await asyncio.wait((work, until), return_when=asyncio.FIRST_COMPLETED)
        manager.shutdown.set()
        # Fails here if it failed before it was told to stop.
        await work
    await connection.close()


# -- Oban


class CreateProfile:
    """Oban's worker: one job, one profile."""

    pool: Any
    run: Run

    async def process(self, job: Any) -> None:
        """Inserts the profile of a job's user."""
        async with self.pool.connection() as connection:
            await connection.execute(INSERT_PROFILE.format("%s"), (job.args["user_id"],))
        self.run.made(1)


async def oban_install(dsn: str, installed: bool) -> None:
    """Installs Oban's schema, or removes it."""
    from oban import Oban, schema

    pool = await Oban.create_pool(dsn, min_size=1, max_size=1)
    try:
        await (schema.install(pool) if installed else schema.uninstall(pool))
    finally:
        await pool.close()


def setup_oban(dsn: str) -> None:
    """Makes Oban's schema, and a trigger that enqueues a job as its own enqueue does: with a notification."""
    from oban.worker import worker_name

    asyncio.run(oban_install(dsn, True))
    body = f"""
        INSERT INTO oban_jobs (queue, worker, args)
        VALUES ('profiles', '{worker_name(CreateProfile)}', jsonb_build_object('user_id', NEW.id));
        PERFORM pg_notify('public.oban_insert', '{{"queue":"profiles"}}');
    """
    execute(dsn, trigger_sql("oban", body))


def teardown_oban(dsn: str) -> None:
    """Removes the trigger and Oban's schema."""
    execute(dsn, drop_trigger_sql("oban"))
    asyncio.run(oban_install(dsn, False))


async def run_oban(dsn: str, run: Run, options: argparse.Namespace) -> None:
    """Oban embedded in this process, with a pool for the work."""
    import orjson
    from oban import Oban, worker
    from psycopg.types.json import set_json_dumps, set_json_loads
    from psycopg_pool import AsyncConnectionPool

    # As Oban's command line does.
    set_json_dumps(orjson.dumps)
    set_json_loads(orjson.loads)
    worker(queue="profiles")(CreateProfile)
    pool = await Oban.create_pool(dsn)
    # In autocommit, one statement is a transaction by itself and a single trip to the server.
    async with AsyncConnectionPool(
        dsn, min_size=options.pool, max_size=options.pool, kwargs={"autocommit": True}, open=False
    ) as work_pool:
        await work_pool.wait()
        CreateProfile.pool, CreateProfile.run = work_pool, run

        async def profiles() -> int:
            async with work_pool.connection() as connection:
                return (await (await connection.execute(COUNT_PROFILES)).fetchone())[0]

        run.ready()
        async with Oban(pool=pool, queues={"profiles": options.concurrency}):
            await run_until_stopped(run, profiles)
    await pool.close()


# -- the program


def run_async(work: Coroutine[Any, Any, None]) -> None:
    """Runs a library's role on uvloop, as the command lines of both do."""
    import uvloop

    uvloop.run(work)


Role = tuple[
    Callable[[str], None], Callable[[str], None], Callable[[str, Run, argparse.Namespace], None], dict[str, int]
]
# Setup, teardown, work, and the defaults of its options. The libraries' guides leave these open; of a few that were tried on
# two cores shared with the server, these are among the best, and their neighbours are as good within the noise.
ROLES: dict[str, Role] = {
    "skip-locked": (
        setup_by_hand,
        teardown_by_hand,
        lambda dsn, run, options: run_by_hand(dsn, run, lambda c: skip_locked_batch(c, options.executemany)),
        {},
    ),
    "set-based": (
        setup_by_hand,
        teardown_by_hand,
        lambda dsn, run, _: run_by_hand(dsn, run, set_based_batch),
        {},
    ),
    "pgqueuer": (
        setup_pgqueuer,
        teardown_pgqueuer,
        lambda dsn, run, options: run_async(run_pgqueuer(dsn, run, options)),
        {"batch": 100, "concurrency": 200, "pool": 5},
    ),
    "oban": (
        setup_oban,
        teardown_oban,
        lambda dsn, run, options: run_async(run_oban(dsn, run, options)),
        {"concurrency": 100, "pool": 5},
    ),
}


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("setup", "drain", "serve", "teardown"))
    parser.add_argument("role", choices=ROLES)
    parser.add_argument("dsn")
    parser.add_argument("--count", type=int, help="the profiles to exist at the end of drain")
    parser.add_argument("--executemany", action="store_true", help="skip-locked: insert a batch's profiles in one call")
    parser.add_argument("--batch", type=int, help="pgqueuer: jobs taken at a time")
    parser.add_argument("--concurrency", type=int, help="pgqueuer, oban: jobs under way at a time")
    parser.add_argument("--pool", type=int, help="pgqueuer, oban: connections for the work")
    arguments = parser.parse_args()
    if arguments.command == "drain" and arguments.count is None:
        parser.error("drain needs --count")
    for name, value in ROLES[arguments.role][3].items():
        if getattr(arguments, name) is None:
            setattr(arguments, name, value)
    return arguments


def main() -> None:
    """Does what the command line says."""
    arguments = parse_arguments()
    setup, teardown, work, _ = ROLES[arguments.role]
    try:
        if arguments.command == "setup":
            setup(arguments.dsn)
        elif arguments.command == "teardown":
            teardown(arguments.dsn)
        else:
            run = Run(arguments.count if arguments.command == "drain" else None)
            work(arguments.dsn, run, arguments)
            run.done()
    except ImportError as error:
        report("unavailable", reason=str(error))
        sys.exit(UNAVAILABLE)


main()
