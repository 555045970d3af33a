using Microsoft.Extensions.Logging;
using Migration.Contracts.Migrations;
using Migration.Contracts.Plugins;
using Migration.Worker.Enrichment.Calls;
using Migration.Worker.Enrichment.Plugins;
using Migration.Worker.Sources;

namespace Migration.Worker.Enrichment;

/// <summary>
/// Gives records to a class of the user's own and takes the values that it returns. Whatever the class does, it is its
/// records that are refused, in its name.
/// </summary>
internal sealed class PluginRowStep : IRowStep
{
    private readonly PluginStep _step;
    private readonly string _by;
    private readonly IPlugin _plugin;
    private readonly PluginCalls _calls;
    private readonly ILogger _logger;

    private PluginRowStep(PluginStep step, IPlugin plugin, EnrichmentServices services)
    {
        (_step, _plugin, _logger) = (step, plugin, services.Logger);
        _by = FormattableString.Invariant($"The plugin step of line {step.Line} ({step.Class})");
        _calls = new PluginCalls(_by, TimeSpan.FromSeconds(step.TimeoutSeconds), new FirstCalls(_by, services.Time), services.Time);
    }

    public int Batch => _step.Batch ?? 1;

    /// <param name="inFlight">Records in flight at a time.</param>
    /// <exception cref="UserException">There is no such class, or it cannot be opened.</exception>
    public static async Task<PluginRowStep> OpenAsync(PluginStep step, int inFlight, EnrichmentServices services, CancellationToken cancellationToken)
    {
        var context = new PluginContext
        {
            Settings = step.Settings.ToDictionary(setting => setting.Key, setting => DeferredText.Resolve(setting.Value, services.Environment), StringComparer.Ordinal),
            Folder = Path.GetFullPath(step.Folder),
            Read = step.Read,
            Write = step.Write,
        };
        var opened = new PluginRowStep(step, PluginFolder.Make(step), services);
        MakeRoom(inFlight);
        try
        {
            await opened._calls.CallAsync(
                async token =>
                {
                    await opened._plugin.OpenAsync(context, token);
                    return true;
                },
                cancellationToken);
            return opened;
        }
        catch (Exception e) when (e is not (OutOfMemoryException or UserException) && !cancellationToken.IsCancellationRequested)
        {
            opened.Dispose();
            throw PluginFolder.Wrong(step, e is PluginTooSlowException ? $"opening it {e.Message}" : $"it cannot be opened: {TransientRetry.FirstLine(e)} ({e.GetType().Name})", e);
        }
    }

    public async Task EnrichAsync(IReadOnlyList<EnrichedRecord> records, CancellationToken cancellationToken)
    {
        var given = records.Select(record => (Record: record, Values: Values(record))).Where(pair => pair.Record.Rejection is null).ToList();
        if (given.Count == 0)
            return;
        var failure = await TryAsync(given, cancellationToken);
        if (failure is null)
            return;

        // One of them is at fault, and only it shall pay.
        if (given.Count > 1 && failure.MayBeOneOf)
        {
            foreach (var pair in given)
                Fail([pair.Record], await TryAsync([pair], cancellationToken));
        }
        else
        {
            Fail([.. given.Select(pair => pair.Record)], failure);
        }
    }

    public void Dispose()
    {
        try
        {
            (_plugin as IDisposable)?.Dispose();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // What it was there for is done.
            _logger.PluginNotClosed(_by, TransientRetry.FirstLine(e));
        }
    }

    /// <summary>
    /// A class that holds its thread while it waits takes one for each record in flight. The pool has a few, and adds one or
    /// two a second beyond: the rest of the worker would wait for its turn.
    /// </summary>
    private static void MakeRoom(int inFlight)
    {
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(Math.Max(workers, Environment.ProcessorCount + inFlight + PluginCalls.MostLeft), ports);
    }

    private Dictionary<string, object?> Values(EnrichedRecord record)
        => _step.Read.ToDictionary(column => column, record.Get, StringComparer.Ordinal);

    /// <returns>Null when it is done.</returns>
    private async Task<CallFailure?> TryAsync(List<(EnrichedRecord Record, Dictionary<string, object?> Values)> given, CancellationToken cancellationToken)
    {
        IReadOnlyList<Dictionary<string, object?>?> answers;
        try
        {
            answers = await _calls.CallAsync(token => AskAsync([.. given.Select(pair => pair.Values)], token), cancellationToken);
        }
        catch (RecordRefusedException e)
        {
            _calls.Answered();
            return new CallFailure($"{_by} refused the record: {TransientRetry.FirstLine(e)}", null, MayBeOneOf: true);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or UserException) && !cancellationToken.IsCancellationRequested)
        {
            var problem = e is PluginTooSlowException ? e.Message : $"threw {e.GetType().Name}: {TransientRetry.FirstLine(e)}";
            _calls.Failed(problem);
            return new CallFailure($"{_by} {problem}", e.GetType().FullName, MayBeOneOf: e is not PluginTooSlowException);
        }

        Take(given, answers);
        return null;
    }

    /// <summary>Copied while the call's time runs: a list or map of the plugin's own may do anything when it is looked at.</summary>
    private async Task<IReadOnlyList<Dictionary<string, object?>?>> AskAsync(IReadOnlyList<IReadOnlyDictionary<string, object?>> records, CancellationToken cancellationToken)
    {
        var answers = _step.Batch is null
            ? [await ((IRecordPlugin)_plugin).EnrichAsync(records[0], cancellationToken)]
            : await ((IBatchPlugin)_plugin).EnrichAsync(records, cancellationToken);
        return answers is null ? [] : [.. answers.Select(answer => answer?.ToDictionary(StringComparer.Ordinal))];
    }

    /// <summary>What makes no sense quarantines whatever <c>onFailure</c> says: it is a fault of the plugin, and would stay unseen.</summary>
    private void Take(List<(EnrichedRecord Record, Dictionary<string, object?> Values)> given, IReadOnlyList<Dictionary<string, object?>?> answers)
    {
        var miscount = answers.Count == given.Count
            ? null
            : FormattableString.Invariant($"returned {answers.Count} answers for {given.Count} records; expected one for each, in their order");
        var nonsense = given.Select((_, i) => miscount ?? Nonsense(answers[i])).ToList();
        if (nonsense.Find(problem => problem is not null) is { } first)
            _calls.Failed(first);
        else
            _calls.Answered();
        for (var i = 0; i < given.Count; i++)
        {
            if (nonsense[i] is { } problem)
                given[i].Record.Refuse(null, null, $"{_by} {problem}.");
            else
                Set(given[i].Record, answers[i]!);
        }
    }

    private string? Nonsense(Dictionary<string, object?>? answer)
    {
        if (answer is null)
            return "returned null in place of a record's values";
        return answer.Keys.FirstOrDefault(column => !_step.Write.Contains(column)) is { } foreign
            ? $"returned a value for '{foreign}', which is not among the columns of its 'write'{NearestName.Hint(foreign, _step.Write)}"
            : null;
    }

    private void Set(EnrichedRecord record, Dictionary<string, object?> values)
    {
        foreach (var (column, value) in values)
        {
            try
            {
                record.Set(column, value, _by);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                record.Refuse(column, null, $"{_by} gave column '{column}' a value that cannot be read: it threw {e.GetType().Name}: {TransientRetry.FirstLine(e)}.", e.GetType().FullName);
            }
        }
    }

    /// <param name="failure">Null when nothing failed.</param>
    private void Fail(IReadOnlyList<EnrichedRecord> records, CallFailure? failure)
    {
        if (failure is null)
            return;
        foreach (var record in records)
        {
            if (_step.OnFailure == StepFailureAction.Quarantine)
                record.Refuse(_step.Write[0], null, failure.Message.TrimEnd('.') + ".", failure.Exception);
            foreach (var column in _step.OnFailure == StepFailureAction.Null ? _step.Write : [])
                record.Set(column, null, _by);
        }
    }

    /// <param name="Message">Who did what, as a sentence.</param>
    /// <param name="MayBeOneOf">One of a batch's records may be the reason.</param>
    private sealed record CallFailure(string Message, string? Exception, bool MayBeOneOf);
}
