"""What both scripts are told, and what they print at their end."""

import argparse
import itertools
import json
import os

import rows


def read():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--dump")
    parser.add_argument("--database", help="of the server that MIGRATION_SOURCE names")
    return parser.parse_args()


def products(arguments):
    every = (rows.from_dump(arguments.dump) if arguments.dump
             else rows.from_server(os.environ["MIGRATION_SOURCE"], arguments.database))
    return itertools.islice(every, arguments.rows)


def report(count, seconds):
    print(json.dumps({"rows": count, "seconds": seconds}))
