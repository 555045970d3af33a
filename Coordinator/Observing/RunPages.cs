using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Commands;
using Migration.Coordinator.Tracking;
using Migration.Worker;
using Npgsql;

namespace Migration.Coordinator.Observing;

/// <summary>
/// <c>/status</c> and <c>/report</c>: what the commands print with <c>--json</c>, of the coordinator's own run. One
/// connection to the ledger at most, however many ask.
/// </summary>
internal sealed class RunPages : IAsyncDisposable
{
    private const int IdleSeconds = 10;

    private readonly NpgsqlDataSource _target;
    private readonly string _run;

    public RunPages(MigrationFile file, string run)
    {
        _run = run;
        _target = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionText.ToNpgsql(file.Target.Uri))
        {
            MinPoolSize = 0,
            MaxPoolSize = 1,
            ConnectionIdleLifetime = IdleSeconds,
            ConnectionPruningInterval = IdleSeconds,
        });
    }

    public void Map(WebApplication app)
    {
        app.MapGet("/status", StatusAsync);
        app.MapGet("/report", ReportAsync);
    }

    public ValueTask DisposeAsync() => _target.DisposeAsync();

    private Task StatusAsync(HttpContext context)
        => AnswerAsync(context, token => RunStatus.BuildAsync(_target, _run, token));

    private Task ReportAsync(HttpContext context)
        => AnswerAsync(context, token => RunReport.BuildAsync(_target, _run, token));

    /// <summary>503 with the reason where the ledger cannot be asked, or does not know the run yet.</summary>
    private static async Task AnswerAsync<T>(HttpContext context, Func<CancellationToken, Task<T>> build)
    {
        try
        {
            var page = await build(context.RequestAborted);
            context.Response.ContentType = "application/json; charset=utf-8";
            await context.Response.WriteAsync(JsonOutput.Format(page) + "\n", context.RequestAborted);
        }
        catch (Exception e) when (e is UserException or NpgsqlException)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(Failure.Describe(e).Message + "\n", context.RequestAborted);
        }
    }
}
