using System.Text.RegularExpressions;

namespace Migration.Contracts.Migrations.Loading;

internal static partial class StoreSection
{
    public const string Expected = "{ folder: /path } or { bucket: name }";

    public static readonly string[] Keys = ["folder", "bucket", "prefix", "endpoint", "region", "accessKey", "secretKey"];

    public static StoreSettings Read(SectionReader section, bool isThere)
    {
        var settings = new StoreSettings
        {
            Folder = section.Text("folder", "an absolute path"),
            Bucket = section.Text("bucket", "the name of a bucket"),
            Prefix = section.Text("prefix", "what stands before each key") ?? "",
            Endpoint = section.Text("endpoint", "an http:// or https:// address"),
            Region = section.Text("region", "a region such as eu-central-1") ?? new StoreSettings().Region,
            AccessKey = ReadKey(section, "accessKey"),
            SecretKey = ReadKey(section, "secretKey"),
        };
        if (isThere)
        {
            Check(section, settings);
        }

        return settings;
    }

    private static void Check(SectionReader section, StoreSettings settings)
    {
        if ((section.Find("folder") is null) == (section.Find("bucket") is null))
        {
            section.Context.Mistakes.Add(section.Place, $"{section.Name} has {(section.Find("folder") is null ? "neither" : "both")} of folder and bucket; expected {Expected}");
        }

        if (settings.Folder is { } folder && !Path.IsPathRooted(folder))
        {
            section.Mistake("folder", $"is {section.Raw("folder")}; expected an absolute path, for every worker stores there");
        }

        if (settings.Bucket is { } bucket && !BucketName().IsMatch(bucket))
        {
            section.Mistake("bucket", $"is {section.Raw("bucket")}; expected 3 to 63 lower-case letters, digits, hyphens and dots");
        }

        if (settings.Endpoint is { } endpoint && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri is { Scheme: "http" or "https", UserInfo: "" }))
        {
            section.Mistake("endpoint", "is not an http:// or https:// address without a user");
        }

        foreach (var key in Keys.Where(key => section.Find("folder") is not null && key is not ("folder" or "bucket") && section.Find(key) is not null))
        {
            section.Mistake(key, "is a bucket's; expected it beside 'bucket'");
        }

        if ((section.Find("accessKey") is null) != (section.Find("secretKey") is null))
        {
            section.Mistake(section.Find("accessKey") is null ? "secretKey" : "accessKey", "stands alone; expected accessKey and secretKey, or neither");
        }
    }

    /// <summary>As written: the ledger must not hold what it stands for.</summary>
    private static string? ReadKey(SectionReader section, string key)
    {
        if (section.Text(key, "${NAME} or ${file:/absolute/path}") is not { } value)
        {
            return null;
        }

        var raw = ((YamlText)section.Find(key)!).Raw;
        if (raw == value)
        {
            section.Mistake(key, "stands in the file itself, which the ledger would keep; expected ${NAME} or ${file:/absolute/path}, which each worker replaces");
        }

        DeferredText.CheckFiles(section, section.PlaceOf(key), section.Label(key), raw);
        return raw;
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\z")]
    private static partial Regex BucketName();
}
