using System.Globalization;
using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Api;

/// <summary>The version, the health, and which kinds there are: enough for kubectl to find its way.</summary>
internal static class Discovery
{
    private static readonly string[] Verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    public static ApiAnswer? Answer(string path, string version) => path.Trim('/').Split('/') switch
    {
        ["version"] => ApiAnswer.Of(200, Version(version)),
        ["healthz" or "livez" or "readyz"] => new ApiAnswer(200, "ok"u8.ToArray()) { IsText = true },
        ["api"] => ApiAnswer.Of(200, new JsonObject { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1") }),
        ["api", "v1"] => ApiAnswer.Of(200, Kinds("", "v1")),
        ["apis"] => ApiAnswer.Of(200, Groups()),
        ["apis", var group, var one] when ResourceTypes.Stored.Any(type => type.Group == group) => ApiAnswer.Of(200, Kinds(group, one)),
        _ => null,
    };

    private static JsonObject Version(string version)
    {
        var (major, minor) = (version.Split('.')[0], version.Split('.')[1]);
        return new JsonObject
        {
            ["major"] = major,
            ["minor"] = minor,
            ["emulationMajor"] = major,
            ["emulationMinor"] = minor,
            ["minCompatibilityMajor"] = major,
            ["minCompatibilityMinor"] = $"{int.Parse(minor, CultureInfo.InvariantCulture) - 1}",
            ["gitVersion"] = $"v{major}.{minor}.2",
            ["gitCommit"] = "98b35193b2ac7a23a673325f5e9b830ecd5ba406",
            ["gitTreeState"] = "clean",
            ["buildDate"] = "2026-08-21T00:00:00Z",
            ["goVersion"] = "go1.26.10",
            ["compiler"] = "gc",
            ["platform"] = "linux/amd64",
        };
    }

    private static JsonObject Groups() => new()
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = new JsonArray([.. ResourceTypes.Stored.Where(type => type.Group.Length > 0).Select(type => type.Group).Distinct().Select(Group)]),
    };

    private static JsonObject Group(string group) => new()
    {
        ["name"] = group,
        ["versions"] = new JsonArray(GroupVersion(group)),
        ["preferredVersion"] = GroupVersion(group),
    };

    private static JsonObject GroupVersion(string group) => new() { ["groupVersion"] = $"{group}/v1", ["version"] = "v1" };

    private static JsonObject Kinds(string group, string version) => new()
    {
        ["kind"] = "APIResourceList",
        ["apiVersion"] = "v1",
        ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}",
        ["resources"] = new JsonArray([.. ResourceTypes.Stored.Where(type => type.Group == group).Select(type => new JsonObject
        {
            ["name"] = type.Plural,
            ["singularName"] = type.Kind.ToLowerInvariant(),
            ["namespaced"] = type.Namespaced,
            ["kind"] = type.Kind,
            ["verbs"] = new JsonArray([.. Verbs.Select(verb => JsonValue.Create(verb))]),
        })]),
    };
}
