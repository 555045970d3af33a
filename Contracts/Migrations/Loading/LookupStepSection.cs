namespace Migration.Contracts.Migrations.Loading;

internal static class LookupStepSection
{
    public const string OnMissing = "onMissing";

    public static readonly string[] Keys = ["csv", "table", "match", "take", OnMissing];

    public static LookupStep Read(SectionReader section, StepColumns columns)
    {
        if ((section.Find("csv") is null) == (section.Find("table") is null))
        {
            section.Context.Mistakes.Add(section.Place, $"{section.Name} has {(section.Find("csv") is null ? "neither" : "both")} of csv and table; expected one of them");
        }

        return new LookupStep
        {
            Line = section.Place.Line,
            Csv = ReadCsv(section),
            Table = ReadTable(section),
            Match = ReadMatch(section, columns),
            Take = ReadTake(section, columns),
            OnMissing = FailureActionText.Read(section, OnMissing) ?? StepFailureAction.Null,
        };
    }

    private static string? ReadCsv(SectionReader section)
    {
        const string expected = "the absolute path of a CSV file that every worker sees";
        var path = section.Text("csv", expected);
        if (path is not null && !Path.IsPathRooted(path))
        {
            section.Mistake("csv", $"is {section.Raw("csv")}; expected {expected}");
        }

        return path;
    }

    private static TableName? ReadTable(SectionReader section)
    {
        if (section.Text("table", "table or schema.table") is not { } text)
        {
            return null;
        }

        if (!TableNameText.TryParse(text, "public", out var table, out var problem))
        {
            section.Mistake("table", $"is {section.Raw("table")}; {problem}");
        }

        return table;
    }

    private static Dictionary<string, string> ReadMatch(SectionReader section, StepColumns columns)
    {
        const string expected = "a map of its columns and the collection's, such as { code: country_code }";
        var match = new Dictionary<string, string>(StringComparer.Ordinal);
        if (section.Find("match") is null)
        {
            section.Missing("match", expected);
        }

        foreach (var (key, node) in section.Entries("match", expected))
        {
            var label = $"{section.Label("match")}.{key.Raw}";
            if (section.TextOf(node, label, "the name of a column") is { } column && columns.Find(section, node.Place, label, column, isFilled: false) is not null)
            {
                match[key.Raw] = column;
            }
        }

        return match;
    }

    private static Dictionary<string, string> ReadTake(SectionReader section, StepColumns columns)
    {
        const string expected = "a map of columns and the lookup's, such as { country: name }";
        var take = new Dictionary<string, string>(StringComparer.Ordinal);
        if (section.Find("take") is null)
        {
            section.Missing("take", expected);
        }

        foreach (var (key, node) in section.Entries("take", expected))
        {
            columns.Find(section, key.Place, section.Label("take"), key.Raw, isFilled: true);
            if (section.TextOf(node, $"{section.Label("take")}.{key.Raw}", "the name of a column of the lookup") is { } column)
            {
                take[key.Raw] = column;
            }
        }

        return take;
    }
}
