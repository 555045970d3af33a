using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Migration.Contracts.Ledger;
using Migration.Worker;
using YamlDotNet.Core;

namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>The worker Job as the user, or the chart, wrote it; its <c>spec.parallelism</c> is how many workers are wanted.</summary>
/// <param name="Manifest">Not to be changed; <see cref="WorkerJobManifest"/> makes the Job from a copy.</param>
/// <param name="Parallelism">1 to 10,000; null where the template has none.</param>
/// <param name="Waves">From the annotations <c>migration/first-wave</c> and <c>migration/wave</c>.</param>
/// <param name="ReplaceOnChange">From the annotation <c>migration/on-template-change</c>.</param>
/// <param name="Hash">The same for Jobs that differ only in what may be changed while they run.</param>
internal sealed record WorkerJobTemplate(
    JsonObject Manifest, string Name, string? Namespace, int? Parallelism, WaveSizes Waves, bool ReplaceOnChange, string Hash)
{
    public const string WaveAnnotation = "migration/wave";
    public const string FirstWaveAnnotation = "migration/first-wave";
    public const string OnChangeAnnotation = "migration/on-template-change";

    private static readonly string[] MayChange =
        ["parallelism", "completions", "suspend", "ttlSecondsAfterFinished", "activeDeadlineSeconds"];

    /// <exception cref="UserException">It cannot be read, or is no Job that can be scaled; the message says why.</exception>
    public static WorkerJobTemplate Load(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"The worker Job {path} cannot be read: {TransientRetry.FirstLine(e)} Give its path with --worker-job.", e);
        }
        catch (Exception e) when (e is YamlException or ArgumentException)
        {
            throw new UserException($"The worker Job {path} is not YAML: {TransientRetry.FirstLine(e)}", e);
        }
        catch (FormatException e)
        {
            throw new UserException($"The worker Job {path} cannot be used: {e.Message}.", e);
        }
    }

    /// <exception cref="YamlException">It is not YAML.</exception>
    /// <exception cref="FormatException">It is no Job that can be scaled.</exception>
    public static WorkerJobTemplate Parse(string text)
    {
        var manifest = ManifestYaml.Read(text);
        Expect(manifest["apiVersion"], "batch/v1", "apiVersion");
        Expect(manifest["kind"], "Job", "kind");
        var metadata = MapAt(manifest, "metadata");
        var spec = MapAt(manifest, "spec");
        if (spec["completionMode"] is { } mode)
            Expect(mode, "Indexed", "spec.completionMode");
        var annotations = metadata["annotations"] as JsonObject;
        return new WorkerJobTemplate(
            manifest, Word(metadata["name"]) ?? throw new FormatException("metadata.name is missing"), Word(metadata["namespace"]),
            Number(spec["parallelism"], "spec.parallelism"),
            new WaveSizes(
                Number(annotations?[FirstWaveAnnotation], $"the annotation {FirstWaveAnnotation}") ?? WaveSizes.Default.First,
                Number(annotations?[WaveAnnotation], $"the annotation {WaveAnnotation}") ?? WaveSizes.Default.Step),
            Replaces(annotations?[OnChangeAnnotation]), HashOf(spec));
    }

    private static bool Replaces(JsonNode? annotation) => Word(annotation) switch
    {
        null or "keep" => false,
        "replace" => true,
        _ => throw new FormatException($"the annotation {OnChangeAnnotation} is {annotation!.ToJsonString()}; expected keep or replace"),
    };

    private static JsonObject MapAt(JsonObject map, string key)
        => map[key] as JsonObject ?? throw new FormatException($"{key} is missing");

    private static void Expect(JsonNode? node, string expected, string field)
    {
        if (Word(node) != expected)
            throw new FormatException($"{field} is {node?.ToJsonString() ?? "missing"}; expected {expected}");
    }

    private static string? Word(JsonNode? node)
        => node is JsonValue value && value.TryGetValue<string>(out var word) && word.Length > 0 ? word : null;

    /// <summary>Annotations are always strings; a field must not be one.</summary>
    private static int? Number(JsonNode? node, string field)
    {
        if (node is null)
            return null;
        var isAnnotation = field.Contains("annotation", StringComparison.Ordinal);
        var text = Word(node) is { } word ? isAnnotation ? word : "" : node.ToJsonString();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is >= 1 and <= ScalingLedger.MostWorkers
            ? number
            : throw new FormatException($"{field} is {node.ToJsonString()}; expected a whole number from 1 to {ScalingLedger.MostWorkers:N0}");
    }

    private static string HashOf(JsonObject spec)
    {
        var fixedPart = new JsonObject(spec.Where(field => !MayChange.Contains(field.Key)).Select(
            field => KeyValuePair.Create(field.Key, field.Value?.DeepClone())));
        var text = Sorted(fixedPart)!.ToJsonString();
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
    }

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(
            map.OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => KeyValuePair.Create(field.Key, Sorted(field.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}

/// <summary>How many workers are started at a time.</summary>
/// <param name="First">The first wave; small, for what is wrong with one worker is wrong with all.</param>
/// <param name="Step">Each further wave.</param>
internal sealed record WaveSizes(int First, int Step)
{
    public static WaveSizes Default { get; } = new(5, 25);
}
