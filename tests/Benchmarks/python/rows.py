"""A product of the sample shop as a row of 13 columns, and the two places that products come from."""

import json

import bson
from bson.codec_options import CodecOptions

COLUMNS = ("id", "sku", "name", "description", "vendor", "vendor_country", "price", "stock", "active", "tags", "images",
           "created_at", "rating")

# Dates with their zone: PostgreSQL would take them for local ones.
OPTIONS = CodecOptions(tz_aware=True)


def row_of(product):
    vendor = product.get("vendor") or {}
    price = product.get("price")
    return (
        str(product["_id"]),
        product["sku"],
        product.get("name"),
        product.get("description"),
        vendor.get("name"),
        (vendor.get("address") or {}).get("country"),
        None if price is None else price.to_decimal(),
        product.get("stock"),
        product.get("active"),
        product.get("tags"),
        json.dumps(product.get("images"), ensure_ascii=False),
        product.get("createdAt"),
        product.get("rating"),
    )


def from_dump(path):
    # Without its C extension pymongo is several times slower; nobody runs it like that.
    if not bson.has_c():
        raise SystemExit("pymongo's C extension is missing: install python3-bson-ext.")
    with open(path, "rb") as dump:
        yield from bson.decode_file_iter(dump, OPTIONS)


def from_server(uri, database):
    import pymongo

    if not bson.has_c():
        raise SystemExit("pymongo's C extension is missing: install python3-bson-ext.")
    collection = pymongo.MongoClient(uri)[database].get_collection("products", codec_options=OPTIONS)
    yield from collection.find().sort("_id", 1)
