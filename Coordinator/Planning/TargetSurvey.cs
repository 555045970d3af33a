using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Building;
using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Coordinator.Planning;

/// <summary>The target as it is now. Taken in a transaction that PostgreSQL keeps read-only.</summary>
/// <param name="Version">PostgreSQL's, as it names it.</param>
/// <param name="MaxConnections">That an ordinary user may open, all sessions together.</param>
/// <param name="OpenConnections">That others hold now, or that another run may hold.</param>
/// <param name="Tables">In the order of the file, each once.</param>
/// <param name="Problems">What a run would be refused for.</param>
internal sealed record TargetSurvey(
    string Version, int MaxConnections, int OpenConnections, IReadOnlyList<TargetTablePlan> Tables,
    IReadOnlyList<string> Problems)
{
    public int FreeConnections => Math.Max(0, MaxConnections - OpenConnections);

    /// <summary>That the workers of a run may hold together where the migration file says nothing of it.</summary>
    public int ConnectionsForWorkers { get; init; }

    /// <summary>What is built after the load, in words, in the order in which it is begun.</summary>
    public IReadOnlyList<string> Builds { get; init; } = [];

    public static async Task<TargetSurvey> TakeAsync(MigrationFile file, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(ConnectionText.ToNpgsql(file.Target.Uri));
        await connection.OpenAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var readOnly = new NpgsqlCommand("SET TRANSACTION READ ONLY", connection))
            await readOnly.ExecuteNonQueryAsync(cancellationToken);

        var room = await ConnectionRoom.MeasureAsync(connection, null, cancellationToken);
        var problems = new List<string>();
        if (await CommitDurability.FindProblemAsync(connection, cancellationToken) is { } forgetful)
            problems.Add(forgetful);
        if (!await MayMakeLedgerAsync(connection, cancellationToken))
        {
            problems.Add(
                $"user '{connection.UserName}' may not create schema 'migration', where the ledger lives. Grant it: "
                + $"GRANT CREATE ON DATABASE \"{connection.Database}\" TO \"{connection.UserName}\".");
        }

        if (file.Collections.FirstOrDefault(mapping => mapping.OnConflict != ConflictAction.Fail) is { } merging
            && !await MayMakeTemporaryAsync(connection, cancellationToken))
        {
            problems.Add(
                $"{merging.Name}: onConflict skip and overwrite go through temporary tables, which user '{connection.UserName}' may not make. "
                + $"Grant it: GRANT TEMPORARY ON DATABASE \"{connection.Database}\" TO \"{connection.UserName}\".");
        }

        var wantedTables = file.Collections.SelectMany(WantedTable.Of).ToList();
        problems.AddRange(wantedTables.SelectMany(wanted => EnumTypes.Unsupported(wanted.Mapping, connection.PostgreSqlVersion)).Select(problem => $"{problem}."));
        foreach (var type in EnumTypes.Of(wantedTables.Select(wanted => wanted.Mapping)))
            problems.AddRange(await ProblemsAsync(connection, type, cancellationToken));
        var tables = new List<TargetTablePlan>();
        foreach (var wanted in wantedTables.DistinctBy(wanted => wanted.Mapping.Table))
            tables.Add(await TableAsync(connection, wanted, problems, cancellationToken));
        problems.AddRange(await new BuildProblems(connection, file).FindAsync(cancellationToken));
        var filled = BuildTable.Of(file);
        var builds = BuildList.Of(filled, await BuildList.SequencesAsync(connection, filled, cancellationToken));
        return new TargetSurvey(connection.ServerVersion, room.Usable, room.Usable - room.Free, tables, problems)
        {
            ConnectionsForWorkers = room.ForWorkersBeside(file.Target.BuildsAtATime),
            Builds = [.. builds.Select(build => build.Definition)],
        };
    }

    private static async Task<bool> MayMakeLedgerAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'migration')
              OR has_database_privilege(current_database(), 'CREATE')
            """,
            connection);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<bool> MayMakeTemporaryAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT has_database_privilege(current_database(), 'TEMPORARY')", connection);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<IEnumerable<string>> ProblemsAsync(NpgsqlConnection connection, EnumType type, CancellationToken cancellationToken)
    {
        if (await EnumTypes.FindAsync(connection, type.Name, cancellationToken) is { } found)
            return EnumTypes.Differences(type, found).Select(difference => $"type {type.Name}: {difference}.");
        return await MayCreateAsync(connection, type.Name.Schema, cancellationToken) ? [] : [MayNotCreate(connection, "type", type.Name)];
    }

    private static string MayNotCreate(NpgsqlConnection connection, string kind, TableName name) =>
        $"{kind} {name} is not there, and user '{connection.UserName}' may not create it. Grant CREATE on schema "
        + $"\"{name.Schema}\" (on the database, when the schema is missing), or create the {kind} beforehand.";

    private static async Task<TargetTablePlan> TableAsync(
        NpgsqlConnection connection, WantedTable wanted, List<string> problems, CancellationToken cancellationToken)
    {
        var mapping = wanted.Mapping;
        var inspector = new TableInspector(connection);
        var name = mapping.Table.ToString();
        if (await inspector.FindAsync(mapping.Table, cancellationToken) is not { } found)
        {
            if (!await MayCreateAsync(connection, mapping.Table.Schema, cancellationToken))
                problems.Add(MayNotCreate(connection, "table", mapping.Table));
            return new TargetTablePlan(name, Exists: false, HasRows: false);
        }

        var differences = TableDifferences.Between(wanted, found);
        problems.AddRange(differences.Select(difference => $"table {name}: {difference}."));
        var hasRows = differences.Count == 0 && await inspector.HasRowsAsync(mapping.Table, cancellationToken);
        return new TargetTablePlan(name, Exists: true, hasRows);
    }

    private static async Task<bool> MayCreateAsync(
        NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT coalesce(
                (SELECT has_schema_privilege(oid, 'CREATE') FROM pg_catalog.pg_namespace WHERE nspname = $1),
                has_database_privilege(current_database(), 'CREATE'))
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter { Value = schema });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}

/// <param name="Exists">False: a run would create it.</param>
/// <param name="HasRows">Known only where the table is as the migration file says.</param>
internal sealed record TargetTablePlan(string Table, bool Exists, bool HasRows);
