namespace Migration.Contracts.Migrations.Loading;

/// <summary>The file's top: one call a section.</summary>
internal static class TopSection
{
    public static readonly string[] Keys = ["name", "source", "target", "broker", "slices", "worker", "limits", EnumsSection.Key, "collections"];

    public static MigrationFile Read(YamlMap root, LoadContext context)
    {
        var top = new SectionReader("", root, root.Place, Keys, context);
        var source = SourceSection.Read(top.Section("source", SourceSection.Keys));
        var target = TargetSection.Read(top.Section("target", TargetSection.Keys));
        EnumsSection.Read(top, target.Schema);
        return new MigrationFile
        {
            Name = ReadName(top),
            Source = source,
            Target = target,
            Broker = BrokerSection.Read(top.Section("broker", BrokerSection.Keys), top.Find("broker") is YamlMap),
            Slices = SlicesSection.Read(top.Section("slices", SlicesSection.Keys)),
            Worker = WorkerSection.Read(top.Section("worker", WorkerSection.Keys)),
            Limits = LimitsSection.Read(top.Section("limits", LimitsSection.Keys)),
            Collections = CollectionsSection.Read(top, target.Schema, DatabaseOf(source)),
        };
    }

    /// <summary>Null for a dump, whose folder may have any name.</summary>
    private static string? DatabaseOf(SourceSettings source) =>
        ConnectionUri.TryParse(source.Uri) is not { } uri ? null
        : source.Database ?? (uri.Database.Length > 0 ? Uri.UnescapeDataString(uri.Database) : null);

    private static string ReadName(SectionReader top)
    {
        if (top.Find("name") is null)
        {
            var name = top.Context.DefaultName;
            if (RunName.Problem(name) is { } unfit)
            {
                top.Missing("name", $"a name, as the file's own cannot be the run's: {unfit}");
            }

            return name;
        }

        var text = top.Text("name", "a name for the run");
        if (text is not null && RunName.Problem(text) is { } problem)
        {
            top.Mistake("name", $"is {top.Raw("name")}; {problem}");
        }

        return text ?? "";
    }
}
