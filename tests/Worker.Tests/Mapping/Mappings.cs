using Migration.Contracts.Migrations;

namespace Migration.Worker.Tests.Mapping;

internal static class Mappings
{
    /// <summary>The first collection of a migration file that leaves source and target to the environment.</summary>
    public static CollectionMapping Load(string yaml, string schema = "public")
    {
        var file = MigrationFileLoader.LoadText(
            yaml, "case.yaml", name => name switch
            {
                "MIGRATION_SOURCE" => "mongodb://localhost/shop",
                "MIGRATION_TARGET" => "postgres://localhost/shop",
                _ => null,
            });
        var collection = file.Collections[0];
        return collection with { Table = collection.Table with { Schema = schema }, Children = InSchema(collection.Children, schema) };
    }

    private static IReadOnlyList<ChildMapping>? InSchema(IReadOnlyList<ChildMapping>? children, string schema) =>
        children is null ? null : [.. children.Select(child => child with { Table = child.Table with { Schema = schema }, Children = InSchema(child.Children, schema) })];

    /// <summary>A table of an int4 key and one column.</summary>
    public static CollectionMapping Of(string column, string type, string schema = "public") => Load(
        $$"""
        collections:
          - name: products
            primaryKey: id
            columns:
              id: { path: _id, type: int }
              {{column}}: "{{type}}"
        """,
        schema);
}
