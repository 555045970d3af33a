namespace Migration.Contracts.Tests.Migrations;

internal static class SampleFiles
{
    public const string Smallest =
        """
        source: { uri: "mongodb://localhost/shop" }
        target: { uri: "postgres://localhost/shop" }
        collections:
          - name: products
            primaryKey: id
            columns:
              id: { path: _id, type: text }

        """;

    public const string Full =
        """
        name: shop
        source: { uri: "mongodb://reader:pw1@mongo:27017", database: shop, live: true, maxRecordsPerSecond: 1000 }
        target: { uri: "postgres://writer:pw2@pg:5432/shop?sslmode=require", schema: store, maxConnections: 90 }
        broker: { uri: "amqp://app:pw3@rabbit:5672/%2F" }
        slices: { targetSeconds: 30, minRecords: 10, maxRecords: 1000, maxAttempts: 3, perMessage: 20 }
        worker: { slices: 4, batchBytes: 1MiB, batchRecords: 500, sliceBudgetSeconds: 300, leaseSeconds: 10 }
        collections:
          - name: products
            filter: { active: true }
            table: items
            primaryKey: [tenant, id]
            onConflict: overwrite
            columns:
              id: { path: _id, type: text }
              tenant: int
              price: { path: price, type: "numeric(18,2)", required: true }
              city: { path: vendor.address.city, type: varchar(80) }
              tags: text[]
              odd: { path: [a.b, c], type: jsonb }
            unmapped: { column: extra }
            maxQuarantined: 0.5%
          - name: orders
            primaryKey: id
            columns: { id: { path: _id, type: uuid }, extra: jsonb, note: text, moods: { type: "store.mood[]", onUnfit: null } }
            unmapped: fail
        limits: { maxQuarantined: 2000 }
        enums: { mood: [good, bad] }

        """;
}
