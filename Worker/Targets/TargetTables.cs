using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Worker.Targets;

/// <summary>Makes the target's tables, or finds that they are there as the migration file wants them; all or none.</summary>
internal static class TargetTables
{
    /// <summary>Serialises those who create tables: CREATE ... IF NOT EXISTS alone fails when two run it at a time.</summary>
    private const long CreationLock = 0x4D49_4752_5441_424C;

    /// <summary>One transaction for all tables: on failure nothing is left that was not there before.</summary>
    /// <returns>
    /// One entry for each table, in the order of the collections, each followed by its children's; two collections may share
    /// one.
    /// </returns>
    /// <exception cref="TargetException">Names every difference and every missing right, not only the first.</exception>
    public static Task<IReadOnlyList<TargetTable>> EnsureAllAsync(
        NpgsqlConnection connection, IReadOnlyList<CollectionMapping> mappings, CancellationToken cancellationToken)
        => EnsureAllAsync(connection, mappings, keep: true, cancellationToken);

    /// <summary>
    /// The same, rolled back at the end: finds what <see cref="EnsureAllAsync(NpgsqlConnection, IReadOnlyList{CollectionMapping}, CancellationToken)"/>
    /// would fail for while there is still nothing to undo.
    /// </summary>
    /// <exception cref="TargetException">As there.</exception>
    public static Task<IReadOnlyList<TargetTable>> RehearseAsync(
        NpgsqlConnection connection, IReadOnlyList<CollectionMapping> mappings, CancellationToken cancellationToken)
        => EnsureAllAsync(connection, mappings, keep: false, cancellationToken);

    private static async Task<IReadOnlyList<TargetTable>> EnsureAllAsync(
        NpgsqlConnection connection, IReadOnlyList<CollectionMapping> collections, bool keep, CancellationToken cancellationToken)
    {
        var wantedTables = collections.SelectMany(WantedTable.Of).ToList();
        var problems = wantedTables.SelectMany(wanted => NameProblems(wanted.Mapping))
            .Concat(SharedTableProblems([.. wantedTables.Select(wanted => wanted.Mapping)])).ToList();
        ThrowIfAny(problems);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({CreationLock})", cancellationToken);
        var tables = new List<TargetTable>();
        foreach (var wanted in wantedTables)
        {
            if (tables.Exists(t => t.Table == wanted.Mapping.Table)) continue;
            tables.Add(await EnsureAsync(connection, wanted, problems, cancellationToken));
        }

        ThrowIfAny(problems);
        if (keep)
            await transaction.CommitAsync(cancellationToken);
        return tables;
    }

    private static async Task<TargetTable> EnsureAsync(
        NpgsqlConnection connection, WantedTable wanted, List<string> problems, CancellationToken cancellationToken)
    {
        var mapping = wanted.Mapping;
        var inspector = new TableInspector(connection);
        var found = await inspector.FindAsync(mapping.Table, cancellationToken);
        if (found is not null)
        {
            var differences = TableDifferences.Between(wanted, found);
            problems.AddRange(differences.Select(d => $"table {mapping.Table}: {d}"));
            var hasRows = differences.Count == 0 && await inspector.HasRowsAsync(mapping.Table, cancellationToken);
            return new TargetTable(mapping.Table, Created: false, hasRows);
        }

        await CreateAsync(connection, inspector, mapping, cancellationToken);
        return new TargetTable(mapping.Table, Created: true, AlreadyHadRows: false);
    }

    private static async Task CreateAsync(
        NpgsqlConnection connection, TableInspector inspector, CollectionMapping mapping, CancellationToken cancellationToken)
    {
        var schema = TableName.Quote(mapping.Table.Schema);
        try
        {
            // CREATE SCHEMA IF NOT EXISTS asks for the right to create even where there is nothing to create.
            if (!await inspector.HasSchemaAsync(mapping.Table.Schema, cancellationToken))
            {
                await ExecuteAsync(connection, $"CREATE SCHEMA {schema}", cancellationToken);
            }

            await ExecuteAsync(connection, new TableSql(mapping).CreateTable, cancellationToken);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new TargetException(
                $"table {mapping.Table} cannot be created: {error.MessageText}. Grant the target's user CREATE on schema "
                + $"{schema} (and on the database, when the schema is missing), or create the table beforehand.",
                error);
        }
        catch (PostgresException error) when (!PostgresErrors.IsTransient(error))
        {
            throw new TargetException(
                $"table {mapping.Table} cannot be created: {error.MessageText} ({error.SqlState}). "
                + $"Change collection '{mapping.Name}' in the migration file.",
                error);
        }
    }

    private static IEnumerable<string> NameProblems(CollectionMapping mapping) =>
        TargetColumn.Of(mapping).Select(c => c.Name).Append(mapping.Table.Schema).Append(mapping.Table.Name)
            .Where(name => System.Text.Encoding.UTF8.GetByteCount(name) > 63)
            .Select(name => $"table {mapping.Table}: the name '{name}' is longer than the 63 bytes that PostgreSQL keeps of a name");

    private static IEnumerable<string> SharedTableProblems(IReadOnlyList<CollectionMapping> mappings) =>
        from mapping in mappings
        let first = mappings.First(m => m.Table == mapping.Table)
        where !HaveSameColumns(first, mapping)
        select $"table {mapping.Table}: collections '{first.Name}' and '{mapping.Name}' both go there, with different columns or keys";

    private static bool HaveSameColumns(CollectionMapping a, CollectionMapping b) =>
        TargetColumn.Of(a).ToHashSet().SetEquals(TargetColumn.Of(b)) && a.PrimaryKey.ToHashSet().SetEquals(b.PrimaryKey);

    private static void ThrowIfAny(List<string> problems)
    {
        if (problems.Count > 0) throw new TargetException(string.Join(Environment.NewLine, problems));
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <param name="Created">True when the table was not there before.</param>
/// <param name="AlreadyHadRows">True when it held rows: what that means depends on whether a run is being resumed.</param>
internal sealed record TargetTable(TableName Table, bool Created, bool AlreadyHadRows);
