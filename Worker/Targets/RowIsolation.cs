using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace Migration.Worker.Targets;

/// <summary>
/// Sends a run of rows, and when PostgreSQL refuses it for a row's sake, finds the rows at fault and sends the rest.
/// </summary>
/// <remarks>
/// <para>A savepoint stands before each attempt, so that a refusal costs the attempt and not the caller's transaction.
/// Where COPY's error names the line, that row is at fault and the rows before and after are sent without it: one
/// attempt more for each fault. Where it does not (foreign keys, deferred constraints, AFTER triggers, merges), the
/// run is halved until a row is alone.</para>
/// <para>Rows go in order, so that of two rows with one key the first is written. Where faults stand close together,
/// an attempt shrinks to about twice the distance between them and doubles with each success: a batch in which every
/// row is at fault is otherwise sent as often as it has rows.</para>
/// </remarks>
/// <param name="lineOf">
/// Where an attempt sends something else than its rows one a line: which of them the line belongs to, as if each were one.
/// Takes the number of the attempt's first row and the line, from 1.
/// </param>
/// <param name="refused">What is kept of a refusal, given the row's number; <see cref="RefusedRow.Of(int, PostgresException)"/> when left out.</param>
internal sealed partial class RowIsolation(
    NpgsqlConnection connection, NpgsqlTransaction transaction,
    Func<int, int, int>? lineOf = null, Func<int, PostgresException, RejectedRow>? refused = null)
{
    /// <summary>Sends rows, and tells how many the target took.</summary>
    public delegate Task<int> Attempt(int first, int count, CancellationToken cancellationToken);

    private const string Savepoint = "migration_rows";

    /// <summary>Deferrable constraints are checked at once: at commit no row could be named.</summary>
    private const string CheckAtOnce = "SET CONSTRAINTS ALL IMMEDIATE";

    private const int SmallestRun = 8;

    private readonly Func<int, PostgresException, RejectedRow> _refused = refused ?? RefusedRow.Of;
    private readonly Stack<(int First, int Count)> _runs = new();
    private readonly List<RejectedRow> _rejected = [];
    private long _longestRun = int.MaxValue;

    /// <summary>In the order in which they were found, which is the order of the rows.</summary>
    public IReadOnlyList<RejectedRow> Rejected => _rejected;

    /// <summary>For rows that are sent without isolating any: the same rows are refused either way.</summary>
    public static async Task CheckAtOnceAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(CheckAtOnce, connection, transaction);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Sets the savepoint. Deferrable constraints are checked at once from here on: at commit no row could be named.</summary>
    /// <param name="before">Statements to run first, in the same round trip.</param>
    public Task BeginAsync(string? before, CancellationToken cancellationToken) =>
        RunAsync($"{CheckAtOnce}; {before}{(before is null ? "" : "; ")}SAVEPOINT {Savepoint}", cancellationToken);

    /// <summary>Keeps what was sent so far whatever happens to later attempts.</summary>
    /// <param name="also">Statements that are kept too, in the same round trip.</param>
    public Task KeepAsync(string? also, CancellationToken cancellationToken) =>
        RunAsync($"{also}{(also is null ? "" : "; ")}RELEASE SAVEPOINT {Savepoint}; SAVEPOINT {Savepoint}", cancellationToken);

    /// <summary>Goes back to what was kept.</summary>
    public Task UndoAsync(CancellationToken cancellationToken) => RunAsync($"ROLLBACK TO SAVEPOINT {Savepoint}", cancellationToken);

    /// <summary>Sends all rows at once; null when PostgreSQL refused them for a row's sake, and nothing of it is kept.</summary>
    public async Task<int?> TryAsync(int count, Attempt attempt, CancellationToken cancellationToken)
    {
        try
        {
            return await attempt(0, count, cancellationToken);
        }
        catch (PostgresException error) when (PostgresErrors.IsRowFault(error))
        {
            await UndoAsync(cancellationToken);
            return null;
        }
    }

    /// <summary>Sends the rows, all but those at fault; the sum of what the attempts told.</summary>
    public async Task<int> SendAsync(int first, int count, Attempt attempt, CancellationToken cancellationToken)
    {
        var taken = 0;
        _runs.Push((first, count));
        while (_runs.TryPop(out var run))
        {
            if (run.Count == 0) continue;
            run = Shorten(run);
            try
            {
                taken += await attempt(run.First, run.Count, cancellationToken);
            }
            catch (PostgresException error) when (PostgresErrors.IsRowFault(error))
            {
                await UndoAsync(cancellationToken);
                Divide(run, error);
                continue;
            }

            _longestRun = Math.Min(_longestRun * 2, int.MaxValue);
            if (_runs.Count > 0) await KeepAsync(null, cancellationToken);
        }

        return taken;
    }

    private (int First, int Count) Shorten((int First, int Count) run)
    {
        if (run.Count <= _longestRun) return run;
        var count = (int)_longestRun;
        _runs.Push((run.First + count, run.Count - count));
        return (run.First, count);
    }

    private void Divide((int First, int Count) run, PostgresException error)
    {
        if (run.Count == 1)
        {
            _rejected.Add(_refused(run.First, error));
        }
        else if (LineOf(run.First, error) is { } line && line <= run.Count)
        {
            // The rest waits below; the row at fault goes on the stack alone only in the list of the rejected.
            _runs.Push((run.First + line, run.Count - line));
            _runs.Push((run.First, line - 1));
            _rejected.Add(_refused(run.First + line - 1, error));
            _longestRun = Math.Max(SmallestRun, 2L * line);
        }
        else
        {
            var half = run.Count / 2;
            _runs.Push((run.First + half, run.Count - half));
            _runs.Push((run.First, half));
        }
    }

    private int? LineOf(int first, PostgresException error) => LineOf(error) is { } line ? lineOf?.Invoke(first, line) ?? line : null;

    /// <summary>
    /// The line of COPY's error, from 1; null where none is named or it cannot be relied on. COPY buffers rows and sets
    /// the line anew for each row's constraints, indexes and triggers (CopyMultiInsertBufferFlush in
    /// src/backend/commands/copyfrom.c), but not for the storing of them, where a row may be too big (class 54).
    /// A server that speaks another language than English names the line in it: then the run is halved.
    /// </summary>
    private static int? LineOf(PostgresException error)
    {
        if (error.SqlState.StartsWith("54", StringComparison.Ordinal)) return null;
        var match = CopyLine().Match(error.Where ?? "");
        return match.Success && int.TryParse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out var line) && line > 0
            ? line
            : null;
    }

    private async Task RunAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [GeneratedRegex(@"^COPY .+?, line (\d+)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex CopyLine();
}
