using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Migration.Contracts.Migrations.Loading;

namespace Migration.Contracts.Migrations;

/// <summary>
/// The resolved migration file as JSON, as the ledger keeps it with the run. Connections are stored as
/// <see cref="ConnectionText.Describe"/> shows them, so without passwords and options; all else as it was resolved.
/// Keys are sorted, so equal files give equal text.
/// </summary>
public static class StoredMigrationFile
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        IgnoreReadOnlyProperties = true,
        // A worker older than the coordinator must say so instead of leaving out what it does not know.
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        // PostgreSQL keeps jsonb's keys in an order of its own: what kind of step it is need not come first.
        AllowOutOfOrderMetadataProperties = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new ColumnTypeConverter(), new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    public static string ToStoredJson(MigrationFile file) => ToNode(file).ToJsonString(Options);

    /// <summary>
    /// The file that <see cref="ToStoredJson"/> wrote. Its connections are descriptions: give it real ones with
    /// <see cref="WithConnections"/> before use (a dump's path is stored whole and needs none).
    /// </summary>
    /// <exception cref="FormatException">The text was written by another version, or is not such JSON at all.</exception>
    public static MigrationFile FromStoredJson(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<MigrationFile>(json, Options) ?? throw new JsonException("The text is null.");
        }
        catch (JsonException e)
        {
            throw new FormatException(
                $"The ledger's copy of the migration file cannot be read at {e.Path ?? "its beginning"}; use the version of the program that started the run.", e);
        }
    }

    /// <summary>The file with other connections; null leaves one as it is.</summary>
    public static MigrationFile WithConnections(this MigrationFile file, string? source, string? target, string? broker) => file with
    {
        Source = source is null ? file.Source : file.Source with { Uri = source },
        Target = target is null ? file.Target : file.Target with { Uri = target },
        Broker = broker is null ? file.Broker : new BrokerSettings { Uri = broker },
    };

    /// <summary>A part of the file as it is stored; null for null.</summary>
    internal static string? TextOf<T>(T part) => Sorted(JsonSerializer.SerializeToNode(part, Options))?.ToJsonString(Options);

    internal static JsonObject ToNode(MigrationFile file)
    {
        var shown = file.WithConnections(
            ConnectionText.Describe(file.Source.Uri),
            ConnectionText.Describe(file.Target.Uri),
            file.Broker is null ? null : ConnectionText.Describe(file.Broker.Uri));
        return (JsonObject)Sorted(JsonSerializer.SerializeToNode(shown, Options))!;
    }

    internal static JsonObject ToNode(EnrichmentStep step) => (JsonObject)Sorted(JsonSerializer.SerializeToNode(step, Options))!;

    // Reflection's order of properties is not promised, and the fingerprint and the reader's eye need one that is.
    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Sorted(p.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
