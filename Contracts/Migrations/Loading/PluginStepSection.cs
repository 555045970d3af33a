using System.Text.RegularExpressions;

namespace Migration.Contracts.Migrations.Loading;

internal static partial class PluginStepSection
{
    public static readonly string[] Keys = ["folder", "class", "settings", "read", "write", "batch", "timeoutSeconds", FailureActionText.Key, StepSeconds.Key];

    private static readonly IntRange Batch = new(1, 10_000);

    private static readonly string[] SecretWords = ["password", "secret", "token", "apikey", "accesskey", "credential"];

    public static PluginStep Read(SectionReader section, StepColumns columns) => new()
    {
        Line = section.Place.Line,
        Folder = ReadFolder(section),
        Class = ReadClass(section),
        Settings = ReadSettings(section),
        Read = ReadColumns(section, columns, "read", "the columns that the class is given: a name or a list of names"),
        Write = ReadColumns(section, columns, "write", "the columns that the class gives values to: a name or a list of names"),
        Batch = section.WholeNumber("batch", Batch),
        TimeoutSeconds = section.WholeNumber("timeoutSeconds", CallSection.TimeoutSeconds) ?? new CallSettings().TimeoutSeconds,
        OnFailure = FailureActionText.Read(section),
        SecondsPerRecord = StepSeconds.Read(section),
    };

    private static string ReadFolder(SectionReader section)
    {
        const string expected = "the absolute path of a folder that every worker sees";
        if (section.Find("folder") is null)
        {
            section.Missing("folder", expected);
        }

        var folder = section.Text("folder", expected) ?? "";
        if (folder.Length > 0 && !Path.IsPathRooted(folder))
        {
            section.Mistake("folder", $"is {section.Raw("folder")}; expected {expected}");
        }

        return folder;
    }

    private static string ReadClass(SectionReader section)
    {
        const string expected = "a class's name with its namespace, such as Shop.CurrencyPlugin";
        if (section.Find("class") is null)
        {
            section.Missing("class", expected);
        }

        var name = section.Text("class", expected) ?? "";
        if (name.Length > 0 && !ClassName().IsMatch(name))
        {
            section.Mistake("class", $"is {section.Raw("class")}; expected {expected}");
        }

        return name;
    }

    /// <summary>As written: the ledger must not hold what placeholders stand for.</summary>
    private static Dictionary<string, string> ReadSettings(SectionReader section)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, node) in section.Entries("settings", "a map of names and texts"))
        {
            var label = $"{section.Label("settings")}.{key.Raw}";
            if (section.TextOf(node, label, "a text") is not { } value)
            {
                continue;
            }

            var raw = ((YamlText)node).Raw;
            if (raw == value && IsSecret(key.Raw))
            {
                section.Context.Mistakes.Add(
                    key.Place, $"{label} holds a secret in the file, which the ledger would keep; expected ${{NAME}} or ${{file:/absolute/path}}, which each worker replaces");
            }

            DeferredText.CheckFiles(section, node.Place, label, raw);
            settings[key.Raw] = raw;
        }

        return settings;
    }

    private static bool IsSecret(string name)
    {
        var word = name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        return Array.Exists(SecretWords, secret => word.Contains(secret, StringComparison.OrdinalIgnoreCase));
    }

    private static List<string> ReadColumns(SectionReader section, StepColumns columns, string key, string expected)
    {
        if (section.Find(key) is null)
        {
            section.Missing(key, expected);
        }

        var names = section.Texts(key, expected);
        foreach (var (name, _) in names)
        {
            columns.Find(section, section.PlaceOf(key), section.Label(key), name);
        }

        return [.. names.Select(name => name.Value).Distinct()];
    }

    // Nested classes with a plus, as in .NET's own names.
    [GeneratedRegex(@"^[\p{L}_][\p{L}\p{N}_]*([.+][\p{L}_][\p{L}\p{N}_]*)*\z", RegexOptions.ExplicitCapture)]
    private static partial Regex ClassName();
}
