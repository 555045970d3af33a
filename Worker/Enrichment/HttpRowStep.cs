using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;
using Migration.Contracts.Migrations;
using Migration.Worker.Enrichment.Calls;
using Migration.Worker.Enrichment.Values;

namespace Migration.Worker.Enrichment;

/// <summary>Calls a service for each record, or for many at a time, and takes fields of its JSON answer.</summary>
internal sealed class HttpRowStep : IRowStep
{
    private readonly HttpStep _step;
    private readonly string _url;
    private readonly KeyValuePair<string, string>[] _headers;
    private readonly string _by;
    private readonly HttpCaller _caller;

    /// <exception cref="MigrationFileException">A placeholder has no value here.</exception>
    /// <exception cref="UserException">With its value the address is none.</exception>
    public HttpRowStep(HttpStep step, EnrichmentServices services)
    {
        _step = step;
        _url = DeferredText.Resolve(step.Url, services.Environment);
        _headers = [.. step.Headers.Select(header => KeyValuePair.Create(header.Key, DeferredText.Resolve(header.Value, services.Environment)))];
        _by = FormattableString.Invariant($"The http step of line {step.Line}");
        if (!Uri.TryCreate(HttpStep.Fill(_url, _ => "x"), UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")
            || HttpStep.ColumnsOf(_url).Except(step.Reads).Any())
            throw new UserException($"{_by} of the migration file has a url that, with the environment of this process, is no http:// or https:// address.");
        var host = uri.GetLeftPart(UriPartial.Authority);
        _caller = new HttpCaller(new CalledHost(host, step.Calls, services.Time, services.Logger), new FirstCalls($"{_by} at {host}", services.Time));
    }

    public int Batch => _step.Batch ?? 1;

    public async Task EnrichAsync(IReadOnlyList<EnrichedRow> records, CancellationToken cancellationToken)
    {
        var url = HttpStep.Fill(_url, column => Uri.EscapeDataString(JsonValues.Text(records[0].Get(column))));
        var body = Body(records);
        if (records.All(record => record.Rejection is not null))
            return;
        var answer = await _caller.CallAsync(() => Request(url, body), cancellationToken);
        if (answer.IsSuccess)
            Take(records, answer);
        else
            Fail(records, $"{_by} got {answer} from {_caller.Host}", answer.Status);
    }

    public void Dispose() => _caller.Dispose();

    private HttpRequestMessage Request(string url, ReadOnlyMemory<byte> body)
    {
        var request = new HttpRequestMessage(new HttpMethod(_step.Method), url);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        foreach (var (name, value) in _headers)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (_step.Send.Count > 0)
            request.Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        return request;
    }

    private ReadOnlyMemory<byte> Body(IReadOnlyList<EnrichedRow> records)
    {
        if (_step.Send.Count == 0)
            return default;
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            if (_step.Batch is not null)
                writer.WriteStartArray();
            foreach (var record in records)
                Write(writer, record);
            if (_step.Batch is not null)
                writer.WriteEndArray();
        }

        return bytes.WrittenMemory;
    }

    private void Write(Utf8JsonWriter writer, EnrichedRow record)
    {
        writer.WriteStartObject();
        foreach (var (field, column) in _step.Send)
        {
            writer.WritePropertyName(field);
            JsonValues.Write(writer, record.Get(column));
        }

        writer.WriteEndObject();
    }

    private void Take(IReadOnlyList<EnrichedRow> records, HttpAnswer answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer.Body);
            if (_step.Batch is null)
                Take(records[0], document.RootElement);
            else
                TakeEach(records, document.RootElement);
        }
        catch (JsonException)
        {
            Fail(records, $"{_by} got an answer from {_caller.Host} that is not JSON", answer.Status);
        }
    }

    private void TakeEach(IReadOnlyList<EnrichedRow> records, JsonElement answer)
    {
        var where = _step.Answers.Count == 0 ? "the answer" : $"'{string.Join('.', _step.Answers)}' of the answer";
        if (Find(answer, _step.Answers) is not { ValueKind: JsonValueKind.Array } answers)
        {
            Fail(records, $"{_by}: {where} from {_caller.Host} is no array; expected one entry for each of the {records.Count} records", 0);
            return;
        }

        if (answers.GetArrayLength() != records.Count)
        {
            Fail(records, $"{_by}: {where} from {_caller.Host} has {answers.GetArrayLength()} entries for {records.Count} records; expected one for each, in their order", 0);
            return;
        }

        for (var i = 0; i < records.Count; i++)
            Take(records[i], answers[i]);
    }

    private void Take(EnrichedRow record, JsonElement answer)
    {
        foreach (var (column, path) in _step.Take)
            record.Set(column, Find(answer, path) is { ValueKind: not JsonValueKind.Null } found ? found : null, _by);
    }

    /// <summary>Null where the path leads nowhere; then the column is NULL, and refused where it must have a value.</summary>
    private static JsonElement? Find(JsonElement value, IReadOnlyList<string> path)
    {
        foreach (var part in path)
        {
            if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty(part, out var field))
                value = field;
            else if (value.ValueKind == JsonValueKind.Array && int.TryParse(part, out var index) && index >= 0 && index < value.GetArrayLength())
                value = value[index];
            else
                return null;
        }

        return value;
    }

    private void Fail(IReadOnlyList<EnrichedRow> records, string message, int status)
    {
        foreach (var record in records)
        {
            switch (_step.OnFailure)
            {
                case StepFailureAction.Quarantine:
                    record.Refuse(_step.Writes[0], null, message + ".", status == 0 ? null : FormattableString.Invariant($"HTTP {status}"));
                    break;
                case StepFailureAction.Null:
                    foreach (var column in _step.Writes)
                        record.Set(column, null, _by);
                    break;
                default:
                    break;
            }
        }
    }
}
