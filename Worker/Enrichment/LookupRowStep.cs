using Migration.Contracts.Migrations;
using Migration.Worker.Enrichment.Lookups;
using Migration.Worker.Enrichment.Values;
using Npgsql;

namespace Migration.Worker.Enrichment;

/// <summary>
/// Takes values from a CSV file or a table, which the process loads when the first record comes. Values are compared as
/// texts, so that 7 in a file and the column's 7 are the same; NULL and an empty field match nothing.
/// </summary>
internal sealed class LookupRowStep(LookupStep step, EnrichmentServices services) : IRowStep
{
    private const char Between = '\u001F';

    private readonly string _by = FormattableString.Invariant($"The lookup step of line {step.Line}");
    private readonly Lazy<Task<Dictionary<string, string?[]>>> _rows = new(() => LoadAsync(step, services));
    private readonly string[] _matched = [.. step.Match.Values];
    private readonly string[] _filled = [.. step.Take.Keys];

    public int Batch => 1;

    public async Task EnrichAsync(IReadOnlyList<EnrichedRow> records, CancellationToken cancellationToken)
    {
        var rows = await _rows.Value.WaitAsync(cancellationToken);
        foreach (var record in records)
            Enrich(record, rows);
    }

    public void Dispose()
    {
    }

    private void Enrich(EnrichedRow record, Dictionary<string, string?[]> rows)
    {
        var values = _matched.Select(column => JsonValues.Text(record.Get(column))).ToArray();
        if (rows.TryGetValue(string.Join(Between, values), out var found) && !Array.Exists(values, value => value.Length == 0))
        {
            for (var i = 0; i < _filled.Length; i++)
                record.SetText(_filled[i], found[i], _by);
        }
        else if (step.OnMissing == StepFailureAction.Quarantine)
        {
            record.Refuse(_filled[0], null, $"{_by} has no row for {string.Join(", ", _matched.Zip(values, (column, value) => $"'{column}' {Shorten(value)}"))}.");
        }
        else if (step.OnMissing == StepFailureAction.Null)
        {
            foreach (var column in _filled)
                record.Set(column, null, _by);
        }
    }

    private static async Task<Dictionary<string, string?[]>> LoadAsync(LookupStep step, EnrichmentServices services)
    {
        var rows = new Dictionary<string, string?[]>(StringComparer.Ordinal);
        try
        {
            if (step.Csv is { } path)
                ReadFile(step, path, rows);
            else
                await ReadTableAsync(step, step.Table!, services, rows);
            return rows;
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException or PostgresException)
        {
            throw new UserException(
                FormattableString.Invariant($"The lookup step of line {step.Line} cannot load {step.Csv ?? step.Table?.ToString()}: {(e as PostgresException)?.MessageText ?? TransientRetry.FirstLine(e)}."), e);
        }
    }

    private static void ReadFile(LookupStep step, string path, Dictionary<string, string?[]> rows)
    {
        using var text = new StreamReader(path, new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true));
        IReadOnlyList<string>? header = null;
        int[] matched = [], taken = [];
        foreach (var row in CsvRows.Read(text))
        {
            if (header is null)
            {
                header = row;
                (matched, taken) = (Places(step.Match.Keys, header), Places(step.Take.Values, header));
            }
            else if (row is not [""])
            {
                if (row.Count != header.Count)
                    throw new FormatException($"row {rows.Count + 2} has {row.Count} fields, and the first row has {header.Count}");
                Add(rows, matched.Select(place => row[place]), [.. taken.Select(place => row[place].Length == 0 ? null : row[place])]);
            }
        }
    }

    private static int[] Places(IEnumerable<string> columns, IReadOnlyList<string> header) => [.. columns.Select(column =>
        header.ToList().IndexOf(column) is var place and >= 0
            ? place
            : throw new FormatException($"its first row has no column '{column}', only {string.Join(", ", header.Select(name => $"'{name}'"))}"))];

    private static async Task ReadTableAsync(LookupStep step, TableName table, EnrichmentServices services, Dictionary<string, string?[]> rows)
    {
        // As texts: what a column of the collection takes of them is decided where it is written.
        var columns = step.Match.Keys.Concat(step.Take.Values).Select(column => $"{TableName.Quote(column)}::text");
        await using var command = services.Target.CreateCommand($"SELECT {string.Join(", ", columns)} FROM {table.Quoted}");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var values = Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetString(i)).ToArray();
            if (!values.Take(step.Match.Count).Contains(null))
                Add(rows, values.Take(step.Match.Count)!, [.. values.Skip(step.Match.Count)]);
        }
    }

    private static void Add(Dictionary<string, string?[]> rows, IEnumerable<string> key, string?[] values)
    {
        var text = string.Join(Between, key);
        if (!rows.TryAdd(text, values) && !rows[text].SequenceEqual(values))
            throw new FormatException($"it has several rows for {Shorten(text.Replace(Between, ','))}, which say different things");
    }

    private static string Shorten(string text) => text.Length <= 80 ? $"'{text}'" : $"'{text[..80]}…'";
}
