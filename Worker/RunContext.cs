using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker.Enrichment;
using Migration.Worker.Sources;
using Migration.Worker.Suspects;
using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Worker;

/// <summary>
/// A run as a worker sees it: its migration file, and one pipeline a collection, opened when its first slice comes.
/// </summary>
/// <param name="multiply">How many workers this process counts for.</param>
internal sealed class RunContext(
    RunRecord run, MigrationFile file, bool usesBroker, NpgsqlDataSource target, WorkerIdentity worker,
    TimeProvider time, ILogger logger, SuspectGate? gate = null, NpgsqlDataSource? spare = null, int multiply = 1)
    : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<Task<CollectionPipeline>>> _pipelines = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, BatchSizes> _sizes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, QuarantineBrake> _brakes = new(StringComparer.Ordinal);
    private readonly RecordSlots _slots = new(file.Worker.EnrichConcurrency * multiply);
    private readonly LostSessions _lost = new(target);
    private readonly SourceThrottle _throttle = new(file.Source.MaxRecordsPerSecond, time);

    /// <summary>Never disposed of: an attempt that outlives its run still asks it, and it has no timer.</summary>
    private readonly CancellationTokenSource _completed = new();

    public RunRecord Run { get; } = run;

    public MigrationFile File { get; } = file;

    /// <summary>False when coordinator and workers share one process and its in-memory transport.</summary>
    public bool UsesBroker { get; } = usesBroker;

    public SliceLedger Ledger { get; } = new(target, worker.Id, TimeSpan.FromSeconds(file.Worker.LeaseSeconds));

    /// <summary>The same by a connection that no slice can be sitting on.</summary>
    public SliceLedger SpareLedger { get; } = new(spare ?? target, worker.Id, TimeSpan.FromSeconds(file.Worker.LeaseSeconds));

    public PlanLedger Plan { get; } = new(target);

    public PauseLedger Pauses { get; } = new(target);

    /// <summary>Every slice has its outcome: whatever is still under way here is another's work done twice.</summary>
    public CancellationToken Completed => _completed.Token;

    public Task CompleteAsync() => _completed.CancelAsync();

    /// <exception cref="SourceException">The collection cannot be opened.</exception>
    /// <exception cref="UserException">Its enrichment cannot be set up.</exception>
    /// <param name="budget">Seconds after which it ends with the batch in hand; null for what the settings say.</param>
    public async Task<SliceAttempt> AttemptAsync(string collection, CancellationToken cancellationToken, int? budget = null)
    {
        var (pipeline, pages, brake) = await PartsAsync(collection, cancellationToken);
        return new SliceAttempt(
            new SliceMigrator(pipeline, Settings(budget), Run.FileHash, Ledger, _lost, pages, brake, gate, time, logger),
            new SuspectSlice(pipeline.Mapping.Name, pages, File.Slices.MaxAttempts, Run.FileHash, target, brake), Watch());
    }

    /// <summary>For the slices of one message.</summary>
    /// <inheritdoc cref="AttemptAsync"/>
    public async Task<SharedAttempt> SharedAttemptAsync(string collection, int budget, CancellationToken cancellationToken)
    {
        var (pipeline, pages, brake) = await PartsAsync(collection, cancellationToken);
        return new SharedAttempt(pipeline, Settings(budget), Run.FileHash, _lost, pages, brake, gate, Watch(), time, logger);
    }

    public async Task<ICollectionSource> SourceAsync(string collection, CancellationToken cancellationToken)
        => (await PipelineAsync(collection, cancellationToken)).Source;

    public async ValueTask DisposeAsync()
    {
        foreach (var pipeline in _pipelines.Values)
        {
            if (pipeline.IsValueCreated && pipeline.Value.IsCompletedSuccessfully)
                await (await pipeline.Value).DisposeAsync();
        }
    }

    private WorkerSettings Settings(int? budget) => budget is { } seconds ? File.Worker with { SliceBudgetSeconds = seconds } : File.Worker;

    private HangWatch Watch() => new(TimeSpan.FromSeconds(File.Worker.ProgressSeconds), time);

    private async Task<(CollectionPipeline Pipeline, PageReader Pages, QuarantineBrake Brake)> PartsAsync(
        string collection, CancellationToken cancellationToken)
    {
        var pipeline = await PipelineAsync(collection, cancellationToken);
        var brake = _brakes.GetOrAdd(collection, name => new(Pauses, Run.Id, name, time, logger));
        var sizes = _sizes.GetOrAdd(collection, _ => new(File.Worker));
        return (pipeline, new PageReader(pipeline.Source, File.Worker, _throttle, time, logger, sizes), brake);
    }

    private Task<RowEnrichment?> EnrichmentAsync(CollectionMapping mapping)
        => RowEnrichment.OpenAsync(mapping, _slots, new(Run.Id, target, Environment.GetEnvironmentVariable, time, logger), CancellationToken.None);

    private async Task<CollectionPipeline> PipelineAsync(string collection, CancellationToken cancellationToken)
    {
        // Opened for all slices, so one slice's cancellation must not spoil it for the others.
        var opening = _pipelines.GetOrAdd(
            collection, name => new(() => CollectionPipeline.OpenAsync(File, name, CancellationToken.None, EnrichmentAsync)));
        try
        {
            return await opening.Value.WaitAsync(cancellationToken);
        }
        catch when (opening.Value.IsFaulted)
        {
            // The next slice tries again instead of meeting this failure for ever.
            _pipelines.TryRemove(new(collection, opening));
            throw;
        }
    }
}
