using System.Net;
using System.Text.RegularExpressions;

namespace Migration.Contracts.Migrations.Loading;

internal static partial class RehostStepSection
{
    public static readonly string[] Keys = ["columns", "store", "link", "types", "maxBytes", "allow", FailureActionText.Key, StepSeconds.Key, .. CallSection.Keys];

    public static RehostStep Read(SectionReader section, StepColumns columns)
    {
        var defaults = new RehostStep { Columns = [], Store = new StoreSettings(), Link = "" };
        if (section.Find("store") is null)
        {
            section.Missing("store", StoreSection.Expected);
        }

        return new RehostStep
        {
            Line = section.Place.Line,
            Columns = ReadColumns(section, columns),
            Store = StoreSection.Read(section.Section("store", StoreSection.Keys), section.Find("store") is YamlMap),
            Link = ReadLink(section),
            Types = section.Find("types") is null ? defaults.Types : ReadTypes(section),
            MaxBytes = SizeText.Read(section, "maxBytes", 1, 1024 * 1024 * 1024, "a size from 1B to 1GiB, such as 20MiB") ?? defaults.MaxBytes,
            Allow = ReadAllowed(section),
            OnFailure = FailureActionText.Read(section),
            SecondsPerRecord = StepSeconds.Read(section),
            Calls = CallSection.Read(section),
        };
    }

    private static List<string> ReadColumns(SectionReader section, StepColumns columns)
    {
        const string expected = "the name of a column that holds links, or a list of names";
        if (section.Find("columns") is null)
        {
            section.Missing("columns", expected);
        }

        var names = section.Texts("columns", expected);
        foreach (var (name, raw) in names)
        {
            var column = columns.FindAlsoOfChild(section, section.PlaceOf("columns"), section.Label("columns"), name);
            if (column is { Type.Kind: not (ColumnKind.Text or ColumnKind.Varchar) })
            {
                section.Mistake("columns", $"names {Shown.Text(raw)}, which is {column.Type}; expected text, varchar(n) or an array of them");
            }
        }

        return [.. names.Select(name => name.Value).Distinct()];
    }

    private static string ReadLink(SectionReader section)
    {
        const string expected = "what is written in a link's place, with {key} in it, such as https://images.example/{key}";
        if (section.Find("link") is null)
        {
            section.Missing("link", expected);
        }

        var link = section.Text("link", expected) ?? "";
        if (link.Length > 0 && !link.Contains("{key}", StringComparison.Ordinal))
        {
            section.Mistake("link", $"has no {{key}}; expected {expected}");
        }

        return link;
    }

    private static List<string> ReadTypes(SectionReader section)
    {
        const string expected = "a media type such as image/png or image/*, or a list of them";
        var types = section.Texts("types", expected);
        foreach (var (type, raw) in types.Where(type => !MediaType().IsMatch(type.Value)))
        {
            section.Mistake("types", $"has {Shown.Text(raw)}; expected {expected}");
        }

        return [.. types.Select(type => type.Value.ToLowerInvariant())];
    }

    private static List<string> ReadAllowed(SectionReader section)
    {
        const string expected = "a host, an address or a network such as 10.1.0.0/16, or a list of them";
        var allowed = section.Texts("allow", expected);
        foreach (var (text, raw) in allowed.Where(text => !IPNetwork.TryParse(text.Value, out _) && Uri.CheckHostName(text.Value) == UriHostNameType.Unknown))
        {
            section.Mistake("allow", $"has {Shown.Text(raw)}; expected {expected}");
        }

        return [.. allowed.Select(text => text.Value.ToLowerInvariant())];
    }

    [GeneratedRegex(@"^[A-Za-z]+/(\*|[A-Za-z0-9][A-Za-z0-9.+-]*)\z", RegexOptions.ExplicitCapture)]
    private static partial Regex MediaType();
}
