"""psycopg 3 on the same work as the Swift client: reads one command a line, answers each with one line of JSON.

Commands: "select COUNT", "rows COUNT".
"""

import json
import sys
import time

import psycopg

ROWS = "SELECT number, text, time, is_even FROM bench_rows WHERE number <= %s::int8"


def select(cursor, count):
    for number in range(count):
        cursor.execute("SELECT %s::int8 + 1", (number,), prepare=True)
        if cursor.fetchone()[0] != number + 1:
            raise SystemExit("wrong answer")


def rows(cursor, count):
    if len(cursor.execute(ROWS, (count,), prepare=True).fetchall()) != count:
        raise SystemExit("wrong number of rows")


def main():
    with psycopg.connect(sys.argv[1], autocommit=True) as connection:
        cursor = connection.cursor(binary=True)
        for line in sys.stdin:
            operation, count = line.split()
            start, cpu = time.perf_counter(), time.process_time()
            {"select": select, "rows": rows}[operation](cursor, int(count))
            print(
                json.dumps({"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}),
                flush=True,
            )


main()
