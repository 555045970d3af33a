namespace Migration.Contracts.Migrations.Loading;

/// <summary>The key <c>onFailure</c> of a step.</summary>
internal static class FailureActionText
{
    public const string Key = "onFailure";

    public static readonly string[] Words = ["quarantine", "null", "keepOriginal"];

    public static StepFailureAction Read(SectionReader section)
    {
        // Without quotes null is YAML's, and here it is meant.
        if (section.Find(Key) is YamlText { IsNull: true, Raw: "null" })
        {
            return StepFailureAction.Null;
        }

        return Enum.Parse<StepFailureAction>(section.Choice(Key, Words) ?? "quarantine", ignoreCase: true);
    }
}
