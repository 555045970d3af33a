using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Npgsql;
using Spectre.Console;

namespace Migration.Coordinator.Runs;

/// <summary>
/// How many connections to the target the workers of a run may hold together: as the migration file says, else as many as
/// are free now, less a margin. Found anew by each coordinator that takes the run up, and kept in the ledger.
/// </summary>
internal sealed class ConnectionLimit(NpgsqlDataSource target, RunRecord run, MigrationFile file, IAnsiConsole console)
{
    public async Task SetAsync(CancellationToken cancellationToken)
    {
        var limit = file.Target.MaxConnections ?? await MeasureAsync(cancellationToken);
        await new ConnectionLedger(target).SetLimitAsync(run.Id, limit, cancellationToken);
    }

    private async Task<int> MeasureAsync(CancellationToken cancellationToken)
    {
        await using var connection = await target.OpenConnectionAsync(cancellationToken);
        var room = await ConnectionRoom.MeasureAsync(connection, run.Id, cancellationToken);
        var limit = room.ForWorkersBeside(file.Target.BuildsAtATime);
        console.MarkupLineInterpolated(
            $"{room.Free} of {room.Usable} connections to PostgreSQL are free; the workers may hold {limit} together");
        return limit;
    }
}
