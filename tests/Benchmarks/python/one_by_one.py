"""The loop that is written first: a document, an INSERT, a commit. PG* variables of libpq say where to."""

import time

import psycopg2

import arguments
import rows

INSERT = "INSERT INTO products ({}) VALUES ({})".format(", ".join(rows.COLUMNS), ", ".join(["%s"] * len(rows.COLUMNS)))


def main():
    told = arguments.read()
    connection = psycopg2.connect("")
    cursor = connection.cursor()
    started, count = time.perf_counter(), 0
    for product in arguments.products(told):
        cursor.execute(INSERT, rows.row_of(product))
        connection.commit()
        count += 1
    arguments.report(count, time.perf_counter() - started)


main()
