using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Worker.Targets;

/// <summary>The enum types that columns of a migration have, and what the target makes of them.</summary>
internal static class EnumTypes
{
    private const int FirstWithArrays = 14;

    /// <summary>Each once.</summary>
    public static IReadOnlyList<EnumType> Of(IEnumerable<CollectionMapping> tables) =>
        [.. tables.SelectMany(table => table.Columns).Select(column => column.Type.Enum).OfType<EnumType>().DistinctBy(type => type.Name)];

    public static string Create(EnumType type) => $"CREATE TYPE {type.Name.Quoted} AS ENUM ({string.Join(", ", type.Labels.Select(Literal))})";

    /// <summary>Null when there is no type of its name.</summary>
    public static async Task<FoundEnum?> FindAsync(NpgsqlConnection connection, TableName name, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT t.typtype = 'e', pg_catalog.has_type_privilege(t.oid, 'USAGE'),
                   ARRAY(SELECT enumlabel::text FROM pg_catalog.pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder)
            FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
            WHERE n.nspname = $1 AND t.typname = $2
            """;
        await using var command = new NpgsqlCommand(Sql, connection) { Parameters = { new() { Value = name.Schema }, new() { Value = name.Name } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new FoundEnum(reader.GetBoolean(0), reader.GetBoolean(1), reader.GetFieldValue<string[]>(2))
            : null;
    }

    /// <summary>
    /// Each a clause to follow "type x: "; empty when its labels can be written. It may have more of them, and in another
    /// order: no value that the file lets through is changed by that.
    /// </summary>
    public static IEnumerable<string> Differences(EnumType wanted, FoundEnum found)
    {
        if (!found.IsEnum)
        {
            yield return "it is there and no enum (every table's name is a type's, too); give the enum another name in the migration file";
            yield break;
        }

        if (!found.IsUsable) yield return "the target's user lacks the right to USAGE; grant it";
        foreach (var label in wanted.Labels.Except(found.Labels))
            yield return $"it lacks the label {Literal(label)}; add it (ALTER TYPE {wanted.Name.Quoted} ADD VALUE {Literal(label)}), or take it from the migration file";
    }

    /// <summary>Columns that a server of this version cannot be sent (see <see cref="SqlTypes.Oid"/>), each as a sentence without a full stop.</summary>
    public static IEnumerable<string> Unsupported(CollectionMapping table, Version server) => server.Major >= FirstWithArrays
        ? []
        : table.Columns.Where(column => column.Type is { Kind: ColumnKind.Enum, IsArray: true }).Select(column =>
            $"table {table.Table}: column '{column.Name}' is an array of an enum, which takes PostgreSQL {FirstWithArrays}, and this is {server}; give it the type text[]");

    private static string Literal(string label) => $"'{label.Replace("'", "''", StringComparison.Ordinal)}'";
}

/// <param name="IsEnum">False for a type of another kind, which has no labels.</param>
/// <param name="IsUsable">By the target's user.</param>
internal sealed record FoundEnum(bool IsEnum, bool IsUsable, IReadOnlyList<string> Labels);
