using System.Text.RegularExpressions;

namespace Migration.Contracts.Migrations.Loading;

internal static partial class HttpStepSection
{
    public static readonly string[] Keys = ["url", "method", "headers", "send", "take", "batch", "answers", "onFailure", StepSeconds.Key, .. CallSection.Keys];

    public static readonly string[] Methods = ["GET", "POST", "PUT"];

    private static readonly IntRange Batch = new(1, 10_000);

    // What the program itself says about a call.
    private static readonly string[] OwnHeaders = ["Content-Type", "Content-Length", "Host", "Transfer-Encoding", "Connection"];

    private static readonly string[] SecretWords = ["authorization", "cookie", "key", "token", "secret", "password"];

    public static HttpStep Read(SectionReader section, StepColumns columns)
    {
        var send = ReadSend(section, columns);
        var batch = section.WholeNumber("batch", Batch);
        var method = section.Choice("method", Methods) ?? (send.Count > 0 ? "POST" : "GET");
        CheckBody(section, method, send.Count > 0, batch is not null);
        return new HttpStep
        {
            Line = section.Place.Line,
            Url = ReadUrl(section, columns, batch is not null),
            Method = method,
            Headers = ReadHeaders(section),
            Send = send,
            Take = ReadTake(section, columns),
            Batch = batch,
            Answers = section.Text("answers", "the path of the array of answers, such as results") is { } path ? path.Split('.') : [],
            OnFailure = FailureActionText.Read(section),
            SecondsPerRecord = StepSeconds.Read(section),
            Calls = CallSection.Read(section),
        };
    }

    private static void CheckBody(SectionReader section, string method, bool sends, bool isBatch)
    {
        if (method == "GET" && sends)
        {
            section.Mistake("send", "is sent in a body, which a GET has none of; expected method: POST, or columns in the url");
        }

        if (isBatch && !sends)
        {
            section.Mistake("batch", "needs 'send': the array that is sent has an object for each record");
        }

        if (section.Find("batch") is null && section.Find("answers") is not null)
        {
            section.Mistake("answers", "is where the answers to a batch are; expected 'batch' with it");
        }
    }

    private static string ReadUrl(SectionReader section, StepColumns columns, bool isBatch)
    {
        const string expected = "an http:// or https:// address, with {column} where a value goes";
        if (section.Find("url") is null)
        {
            section.Missing("url", expected);
        }

        // With the placeholders' values for the checks, as written for the ledger.
        if (section.Text("url", expected) is not { } url)
        {
            return "";
        }

        var raw = ((YamlText)section.Find("url")!).Raw;
        if (!Uri.TryCreate(HttpStep.Fill(url, _ => "x"), UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || !HasPlainHost(url))
        {
            section.Mistake("url", $"is not {expected}");
        }
        else if (uri.UserInfo.Length > 0)
        {
            section.Mistake("url", "holds a user or password; expected a header such as Authorization: ${NAME}");
        }

        DeferredText.CheckFiles(section, section.PlaceOf("url"), section.Label("url"), raw);
        foreach (var column in HttpStep.ColumnsOf(raw))
        {
            columns.Find(section, section.PlaceOf("url"), section.Label("url"), column);
        }

        if (isBatch && HttpStep.ColumnsOf(raw).Any())
        {
            section.Mistake("url", "names a column; a batch's address is the same for all of its records, expected the column under 'send'");
        }

        return raw;
    }

    /// <summary>Where a call goes is the user's word, never a record's.</summary>
    private static bool HasPlainHost(string url) => !HttpStep.ColumnsOf(Authority().Match(url).Value).Any();

    private static Dictionary<string, string> ReadHeaders(SectionReader section)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, node) in section.Entries("headers", "a map of names and values"))
        {
            var label = $"{section.Label("headers")}.{key.Raw}";
            if (section.TextOf(node, label, "a header's value") is not { } value)
            {
                continue;
            }

            if (HeaderProblem(key.Raw, value, ((YamlText)node).Raw) is { } problem)
            {
                section.Context.Mistakes.Add(key.Place, $"{label} {problem}");
            }

            DeferredText.CheckFiles(section, node.Place, label, ((YamlText)node).Raw);
            headers[key.Raw] = ((YamlText)node).Raw;
        }

        return headers;
    }

    private static string? HeaderProblem(string name, string value, string raw) => name switch
    {
        _ when !HeaderName().IsMatch(name) => "is not a header's name; expected letters, digits and hyphens",
        _ when OwnHeaders.Contains(name, StringComparer.OrdinalIgnoreCase) => "is what the program sets itself; expected another header",
        _ when value.Any(char.IsControl) => "holds a control character; expected one line",
        _ when raw == value && Array.Exists(SecretWords, word => name.Contains(word, StringComparison.OrdinalIgnoreCase))
            => "holds a secret in the file, which the ledger would keep; expected ${NAME} or ${file:path}, which each worker replaces",
        _ => null,
    };

    private static Dictionary<string, string> ReadSend(SectionReader section, StepColumns columns)
    {
        var send = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, node) in section.Entries("send", "a map of fields and columns"))
        {
            var label = $"{section.Label("send")}.{key.Raw}";
            if (section.TextOf(node, label, "the name of a column") is { } column && columns.Find(section, node.Place, label, column) is not null)
            {
                send[key.Raw] = column;
            }
        }

        return send;
    }

    private static Dictionary<string, IReadOnlyList<string>> ReadTake(SectionReader section, StepColumns columns)
    {
        const string expected = "a map of columns and fields of the answer, such as { country: address.country }";
        if (section.Find("take") is null)
        {
            section.Missing("take", expected);
        }

        var take = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var (key, node) in section.Entries("take", expected))
        {
            var label = $"{section.Label("take")}.{key.Raw}";
            columns.Find(section, key.Place, section.Label("take"), key.Raw);
            if (section.TextOf(node, label, "a field of the answer, such as address.country, or . for all of it") is { } path)
            {
                take[key.Raw] = path == "." ? [] : path.Split('.');
            }
        }

        return take;
    }

    [GeneratedRegex(@"^[^/?#]*//[^/?#]*", RegexOptions.ExplicitCapture)]
    private static partial Regex Authority();

    [GeneratedRegex(@"^[A-Za-z0-9-]{1,64}\z")]
    private static partial Regex HeaderName();
}
