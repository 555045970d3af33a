using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Coordinator.Building;

/// <summary>A table's statistics, without which the first queries are planned as if it were empty.</summary>
internal sealed class AnalyzeBuild(TableName table) : Build(BuildKind.Analyze, table, "", $"analyze {table}")
{
    public override async Task<BuildOutcome> MakeAsync(
        NpgsqlConnection connection, Func<Task> begin, bool wasBegun, CancellationToken cancellationToken)
    {
        await begin();

        // To a user without the right PostgreSQL gives no error, but a warning. Autovacuum will do it some time.
        string? warning = null;
        void Hear(object sender, NpgsqlNoticeEventArgs said)
        {
            if (said.Notice.InvariantSeverity == "WARNING")
                warning = said.Notice.MessageText;
        }

        connection.Notice += Hear;
        try
        {
            await connection.ExecuteAsync($"ANALYZE {Table.Quoted}", cancellationToken);
        }
        finally
        {
            connection.Notice -= Hear;
        }

        return warning is null ? new(BuildState.Built) : new(BuildState.Skipped, warning);
    }
}
