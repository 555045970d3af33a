namespace Migration.Contracts.Migrations.Loading;

/// <summary><c>enums:</c> at the top of the file: names of types, and the labels of each.</summary>
internal static class EnumsSection
{
    public const string Key = "enums";

    private const string Expected = "a map of types and their labels, such as { order_state: [open, paid] }";
    private const string ExpectedLabels = "a list of labels, such as [open, paid]";

    /// <summary>Fills <see cref="LoadContext.Enums"/>, where columns find their types.</summary>
    public static void Read(SectionReader top, string defaultSchema)
    {
        top.Context.Enums.Begin(defaultSchema);
        foreach (var (key, value) in top.Entries(Key, Expected))
        {
            ReadOne(top, key, value, defaultSchema);
        }
    }

    private static void ReadOne(SectionReader top, YamlText key, YamlNode value, string defaultSchema)
    {
        if (!TableNameText.TryParse(key.Raw, defaultSchema, out var name, out var problem))
        {
            top.Context.Mistakes.Add(key.Place, $"the enum {Shown.Text(key.Raw)} cannot be: {problem}");
        }
        else if (ColumnType.TryParse(key.Raw, out var known, out _))
        {
            top.Context.Mistakes.Add(key.Place, $"the enum {Shown.Text(key.Raw)} cannot be: that is PostgreSQL's own type {known}; expected another name");
        }

        if (!top.Context.Enums.Add(new EnumType(name, ReadLabels(top, $"{Key}.{key.Raw}", value))))
        {
            top.Context.Mistakes.Add(key.Place, $"the enum {Shown.Text(key.Raw)} is listed twice; expected each type once");
        }
    }

    private static List<string> ReadLabels(SectionReader top, string label, YamlNode value)
    {
        if (value is not YamlList { Items.Count: > 0 } list)
        {
            top.Context.Mistakes.Add(value.Place, $"{label} {(value is YamlList ? "is an empty list" : value.Is)}; expected {ExpectedLabels}");
            return [];
        }

        var labels = new List<string>();
        foreach (var item in list.Items)
        {
            if (top.TextOf(item, label, "a label") is not { } text)
            {
                continue;
            }

            // PostgreSQL holds labels to the same length as names.
            if ((Identifier.Problem(text) ?? (labels.Contains(text) ? "it is listed twice; expected each label once" : null)) is { } problem)
            {
                top.Context.Mistakes.Add(item.Place, $"{label} has the label {Shown.Text(((YamlText)item).Raw)}: {problem}");
            }

            labels.Add(text);
        }

        return labels;
    }
}
