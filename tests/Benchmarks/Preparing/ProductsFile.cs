using System.Globalization;

namespace Migration.Benchmarks.Preparing;

/// <summary>
/// The products as all ways bring them: 13 columns, among them a text primary key, an array, a jsonb and a Decimal128; as a
/// migration file for ours and as a table for everyone.
/// </summary>
internal static class ProductsFile
{
    /// <summary>The collection's name in the source, and the table's in the target.</summary>
    public const string Name = "products";

    /// <summary>
    /// Made beforehand for all, so that all write into the very same table. Its own vacuum is off, for it would come into
    /// some runs and not into others.
    /// </summary>
    public const string Table =
        """
        CREATE TABLE products (
            id text PRIMARY KEY, sku text NOT NULL, name text, description text, vendor text, vendor_country text,
            price numeric(18,2), stock int4, active bool, tags text[], images jsonb, created_at timestamptz, rating float8
        ) WITH (autovacuum_enabled = off)
        """;

    /// <param name="sliceRecords">Records in every slice; null leaves it to the planner.</param>
    /// <param name="slicesInHand">That a worker has at a time; null for the default.</param>
    public static string Migration(string database, int? sliceRecords = null, int? slicesInHand = null, string onConflict = "fail")
    {
        var lines = new List<string> { "name: bench", $"source: {{ database: {database} }}" };
        if (sliceRecords is { } records)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"slices: {{ minRecords: {records}, maxRecords: {records} }}"));
        if (slicesInHand is { } slices)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"worker: {{ slices: {slices} }}"));
        return string.Join('\n', lines) + $$"""

            collections:
              - name: {{Name}}
                table: {{Name}}
                primaryKey: id
                onConflict: {{onConflict}}
                columns:
                  id: { path: _id, type: text }
                  sku: { type: text, required: true }
                  name: text
                  description: text
                  vendor: { path: vendor.name, type: text }
                  vendor_country: { path: vendor.address.country, type: text }
                  price: "numeric(18,2)"
                  stock: int4
                  active: bool
                  tags: "text[]"
                  images: jsonb
                  created_at: { path: createdAt, type: timestamptz }
                  rating: float8
                unmapped: ignore

            """;
    }
}
