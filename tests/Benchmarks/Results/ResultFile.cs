using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Migration.Benchmarks.Results;

internal static class ResultFile
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        IgnoreReadOnlyProperties = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static string NewPath(DateTimeOffset started)
        => Path.Combine(Repository.ResultsFolder, started.UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture) + ".json");

    /// <exception cref="BenchException">There is none.</exception>
    public static string Newest() => Directory.Exists(Repository.ResultsFolder)
        && Directory.EnumerateFiles(Repository.ResultsFolder, "*.json").Max(StringComparer.Ordinal) is { } path
            ? path
            : throw new BenchException($"{Repository.ResultsFolder} holds no results; ./bench.sh makes some.");

    public static void Write(BenchResult result, string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, JsonSerializer.Serialize(result, s_options) + "\n");
    }

    /// <exception cref="BenchException">It is not there or not one of ours.</exception>
    public static BenchResult Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<BenchResult>(File.ReadAllText(path), s_options) ?? throw new JsonException();
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            throw new BenchException($"{path} is no file of results: {e.Message}");
        }
    }
}
