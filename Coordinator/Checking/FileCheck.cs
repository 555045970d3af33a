using Microsoft.Extensions.Logging;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Planning;
using Migration.Coordinator.Sampling;
using Migration.Worker;
using Migration.Worker.Hosting;

namespace Migration.Coordinator.Checking;

/// <summary>What a run by a migration file would meet. Finding it out writes nothing anywhere.</summary>
/// <param name="Source">Without secrets, as are target and broker.</param>
/// <param name="Broker">Null where the file names none.</param>
/// <param name="IsFull">Every record was tried.</param>
/// <param name="Collections">Those that could be read.</param>
/// <param name="TargetState">Null when the target could not be looked at.</param>
/// <param name="Problems">What a run would be refused for, a sentence each.</param>
/// <param name="ExitCode">Of <see cref="Worker.ExitCode"/>: what the run would end with, as far as this can tell.</param>
internal sealed record FileCheck(
    string Name, string Source, string Target, string? Broker, bool IsFull, IReadOnlyList<CollectionPrediction> Collections,
    TargetSurvey? TargetState, IReadOnlyList<string> Problems, int ExitCode)
{
    /// <summary>Documents looked at for paths where all go through the mapping.</summary>
    private const int SampleForPaths = 1_000;

    /// <summary>After the load, from the migration file.</summary>
    public int BuildsAtATime { get; init; }

    public long Rejected => Collections.Sum(collection => collection.Rejected);

    /// <param name="sample">Records of each collection to try; null for all.</param>
    /// <param name="progress">Is told how far the reading has come.</param>
    public static async Task<FileCheck> MakeAsync(
        MigrationFile file, int? sample, ReadingProgress progress, ILogger logger, CancellationToken cancellationToken)
    {
        var problems = new Findings();
        var target = await problems.TryAsync(() => TargetSurvey.TakeAsync(file, cancellationToken));
        problems.Add(target?.Problems);
        problems.Add(PluginCheck.Problems(file));
        if (file.Broker is { Uri: var broker })
            await problems.TryAsync(() => ReachAsync(broker, cancellationToken));
        var collections = new List<CollectionPrediction>();
        foreach (var mapping in file.Collections)
        {
            if (await problems.TryAsync(() => PredictAsync(file, mapping.Name, sample, progress, logger, cancellationToken)) is { } prediction)
                collections.Add(prediction);
        }

        return new FileCheck(
            file.Name, ConnectionText.Describe(file.Source.Uri), ConnectionText.Describe(file.Target.Uri),
            file.Broker is null ? null : ConnectionText.Describe(file.Broker.Uri), sample is null, collections, target,
            problems.Messages,
            problems.ExitCode ?? (collections.Exists(collection => collection.WouldPause) ? Worker.ExitCode.Incomplete : Worker.ExitCode.Done))
        {
            BuildsAtATime = file.Target.BuildsAtATime,
        };
    }

    private static async Task<CollectionPrediction> PredictAsync(
        MigrationFile file, string collection, int? sample, ReadingProgress progress, ILogger logger, CancellationToken cancellationToken)
    {
        progress.Opening(collection);
        await using var pipeline = await CollectionPipeline.OpenAsync(file, collection, cancellationToken);
        var prediction = await new DryRun(file, pipeline, progress, logger).PredictAsync(sample, SampleForPaths, cancellationToken);
        return prediction with { Warnings = [.. prediction.Warnings, .. PluginCheck.Warnings(pipeline.Mapping)] };
    }

    private static async Task<string> ReachAsync(string broker, CancellationToken cancellationToken)
    {
        await BrokerProbe.CheckAsync(broker, cancellationToken);
        return broker;
    }
}
