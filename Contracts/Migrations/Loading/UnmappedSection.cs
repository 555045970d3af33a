namespace Migration.Contracts.Migrations.Loading;

/// <summary><c>unmapped: ignore</c>, <c>unmapped: fail</c> or <c>unmapped: { column: name }</c>.</summary>
internal static class UnmappedSection
{
    public static readonly string[] Keys = ["column"];

    public static readonly string[] Words = ["ignore", "fail"];

    public static UnmappedFields Read(SectionReader collection)
    {
        if (collection.Find("unmapped") is not YamlMap)
        {
            return collection.Choice("unmapped", Words, " or { column: name }") == "fail" ? new UnmappedFields(UnmappedAction.Fail) : UnmappedFields.Ignore;
        }

        var section = collection.Section("unmapped", Keys);
        if (section.Find("column") is null)
        {
            section.Missing("column", "the name of the jsonb column that takes the fields");
        }

        var column = section.Text("column", "the name of a column");
        if (column is not null && Identifier.ColumnProblem(column) is { } problem)
        {
            section.Mistake("column", $"is {section.Raw("column")}; {problem}");
        }

        return column is null ? UnmappedFields.Ignore : new UnmappedFields(UnmappedAction.Keep, column);
    }
}
