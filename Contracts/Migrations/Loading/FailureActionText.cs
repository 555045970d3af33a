namespace Migration.Contracts.Migrations.Loading;

/// <summary>The keys of steps that say what becomes of a record without a value: <c>onFailure</c> and <c>onMissing</c>.</summary>
internal static class FailureActionText
{
    public const string Key = "onFailure";

    public static readonly string[] Words = ["quarantine", "null", "keepOriginal"];

    public static StepFailureAction Read(SectionReader section) => Read(section, Key) ?? StepFailureAction.Quarantine;

    /// <returns>Null when the key is absent or wrong.</returns>
    public static StepFailureAction? Read(SectionReader section, string key)
    {
        // Without quotes null is YAML's, and here it is meant.
        if (section.Find(key) is YamlText { IsNull: true, Raw: "null" })
        {
            return StepFailureAction.Null;
        }

        return section.Choice(key, Words) is { } word && Enum.TryParse<StepFailureAction>(word, ignoreCase: true, out var action) ? action : null;
    }
}
