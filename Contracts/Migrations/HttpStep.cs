using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Migration.Contracts.Migrations;

/// <summary>Calls a service with values of a record, or of many, and takes fields of its JSON answer.</summary>
public sealed partial record HttpStep : EnrichmentStep
{
    [JsonIgnore]
    public override string Kind => "http";

    /// <summary>
    /// http or https. <c>{column}</c> stands for a column's value, escaped. Placeholders <c>${...}</c> are kept as they
    /// are written, for the ledger must not hold what they stand for: each worker replaces them.
    /// </summary>
    public required string Url { get; init; }

    /// <summary>GET, POST or PUT.</summary>
    public required string Method { get; init; }

    /// <summary>Names of headers and their values, placeholders kept as in <see cref="Url"/>.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>The fields of the JSON object that is sent, each with the column that it takes; empty for no body.</summary>
    public IReadOnlyDictionary<string, string> Send { get; init; } = new Dictionary<string, string>();

    /// <summary>Columns, each with the path of the field that it takes out of the answer.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Take { get; init; }

    /// <summary>Records a call at most; null for a call for each record, which sends and answers no array.</summary>
    public int? Batch { get; init; }

    /// <summary>Where the array of answers is in the answer to a batch; empty when it is the answer itself.</summary>
    public IReadOnlyList<string> Answers { get; init; } = [];

    public StepFailureAction OnFailure { get; init; } = StepFailureAction.Quarantine;

    public CallSettings Calls { get; init; } = new();

    [JsonIgnore]
    public override IReadOnlyList<string> Reads => [.. ColumnsOf(Url).Concat(Send.Values).Distinct()];

    [JsonIgnore]
    public override IReadOnlyList<string> Writes => [.. Take.Keys];

    /// <summary>The columns that an address stands for with <c>{column}</c>, as often as it does.</summary>
    public static IEnumerable<string> ColumnsOf(string url) => Column().Matches(url).Select(match => match.Groups["column"].Value);

    /// <summary>The address with each <c>{column}</c> replaced.</summary>
    public static string Fill(string url, Func<string, string> value) => Column().Replace(url, match => value(match.Groups["column"].Value));

    internal override EnrichmentStep WithoutTuning() => this with { Line = 0, SecondsPerRecord = null, Calls = new CallSettings() };

    // Not one that begins a placeholder: ${NAME} and $${.
    [GeneratedRegex(@"(?<!\$)\{(?<column>[^{}]+)\}", RegexOptions.ExplicitCapture)]
    private static partial Regex Column();
}
