using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Checking;

namespace Migration.Coordinator.Planning;

/// <summary>What a run of a migration file would do, and what would be in its way. Making it writes nothing anywhere.</summary>
/// <param name="Source">Without secrets, as is the target.</param>
/// <param name="Collections">Those that could be looked at.</param>
/// <param name="TargetState">Null when the target could not be looked at.</param>
/// <param name="Workers">That were asked for.</param>
/// <param name="SlicesPerWorker">At a time, from the migration file.</param>
/// <param name="MaxRecordsPerSecond">That one worker may read, from the migration file; null is unlimited.</param>
/// <param name="Hours">The window that was asked for; null for none.</param>
/// <param name="Problems">What a run would be refused for, a sentence each.</param>
/// <param name="ExitCode">Of <see cref="Worker.ExitCode"/>: what the first problem ends a run with.</param>
internal sealed record MigrationPlan(
    string Name, string Source, string Target, IReadOnlyList<CollectionPlan> Collections, TargetSurvey? TargetState,
    int Workers, int SlicesPerWorker, int? MaxRecordsPerSecond, decimal? Hours, IReadOnlyList<string> Problems, int ExitCode)
{
    public long Records => Collections.Sum(collection => collection.Records);

    public long Slices => Collections.Sum(collection => collection.Slices);

    /// <summary>Of one worker with one slice in hand, enrichment left out.</summary>
    public double SecondsOfWork => Collections.Sum(collection => collection.SecondsOfWork);

    /// <summary>With the workers asked for. A lower bound: reading and writing are not measured.</summary>
    public double SecondsWithWorkers => SecondsOfOneWorker / Workers;

    /// <summary>The fewest workers for the window; null without a window. A lower bound likewise.</summary>
    public long? WorkersForHours => Hours is { } hours
        ? (long)Math.Max(1, Math.Ceiling(SecondsOfOneWorker / ((double)hours * 3600)))
        : null;

    /// <summary>As fast as its slices in hand allow, its records in flight, and the cap on reading.</summary>
    private double SecondsOfOneWorker => Math.Max(
        Math.Max(SecondsOfWork / SlicesPerWorker, Collections.Sum(collection => collection.SecondsOfEnrichment)),
        MaxRecordsPerSecond is { } cap ? (double)Records / cap : 0);

    /// <summary>Null when workers are to be elsewhere, or when there is no way to the cluster.</summary>
    public ClusterSurvey? Cluster { get; private init; }

    /// <summary>To PostgreSQL, that the workers may hold together; null when the target could not be looked at.</summary>
    public int? ConnectionLimit { get; init; }

    /// <summary>Of one worker that works: one for its heartbeat, and one for each slice in hand.</summary>
    public int ConnectionsPerWorker => ConnectionShare.Of(SlicesPerWorker + 1, ConnectionLimit, 0, Workers).Connections;

    /// <summary>The others wait until one of these leaves.</summary>
    public int WorkersAtATime => Math.Min(Workers, (ConnectionLimit ?? int.MaxValue) / ConnectionsPerWorker);

    /// <summary>To PostgreSQL, workers and coordinator together.</summary>
    public long Connections => ((long)WorkersAtATime * ConnectionsPerWorker) + ConnectionRoom.OfCoordinator + BuildsAtATime;

    /// <summary>After the load, each with a connection of its own.</summary>
    public int BuildsAtATime { get; init; }

    public static async Task<MigrationPlan> MakeAsync(
        MigrationFile file, int workers, decimal? hours, CancellationToken cancellationToken)
    {
        var problems = new Findings();
        var collections = new List<CollectionPlan>();
        foreach (var mapping in file.Collections)
        {
            var plan = await problems.TryAsync(
                () => CollectionPlan.MakeAsync(file, mapping, workers * file.Worker.Slices, cancellationToken));
            if (plan is not null)
                collections.Add(plan);
        }

        var target = await problems.TryAsync(() => TargetSurvey.TakeAsync(file, cancellationToken));
        problems.Add(target?.Problems);
        problems.Add(PluginCheck.Problems(file));
        return new MigrationPlan(
            file.Name, ConnectionText.Describe(file.Source.Uri), ConnectionText.Describe(file.Target.Uri), collections, target,
            workers, file.Worker.Slices, file.Source.MaxRecordsPerSecond, hours, problems.Messages,
            problems.ExitCode ?? Worker.ExitCode.Done)
        {
            BuildsAtATime = file.Target.BuildsAtATime,
            ConnectionLimit = file.Target.MaxConnections ?? target?.ConnectionsForWorkers,
        };
    }

    /// <summary>The same with what a cluster has to say about it.</summary>
    /// <param name="survey">Takes a look at the cluster.</param>
    public async Task<MigrationPlan> WithClusterAsync(Func<Task<ClusterSurvey>> survey)
    {
        var problems = new Findings();
        var cluster = await problems.TryAsync(survey);
        problems.Add(cluster?.Problems);
        return this with
        {
            Cluster = ConnectionLimit is null ? cluster : cluster?.With(ConnectionWall()),
            Problems = [.. Problems, .. problems.Messages],
            ExitCode = Problems.Count > 0 ? ExitCode : problems.ExitCode ?? Worker.ExitCode.Done,
        };
    }

    private ClusterWall ConnectionWall() => new(
        "PostgreSQL connections", ConnectionLimit!.Value / ConnectionsPerWorker,
        $"workers may hold {ConnectionLimit:N0} together, {ConnectionsPerWorker:N0} each; more workers wait for a share, alive and not ready",
        "Raise max_connections, or 'maxConnections' under 'target'.");
}
