using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Controllers;

/// <summary>What a Job's <c>podFailurePolicy</c> says of a failed pod: the first rule that matches it.</summary>
/// <param name="Action"><c>FailJob</c>, <c>FailIndex</c>, <c>Ignore</c> or <c>Count</c>.</param>
internal sealed record PodFailureVerdict(string Action, string Message)
{
    public static PodFailureVerdict Of(JsonObject job, JsonObject pod)
    {
        var index = 0;
        foreach (var rule in job.Items("spec", "podFailurePolicy", "rules"))
        {
            var what = rule["onExitCodes"] is JsonObject codes ? ByExitCode(codes, pod) : ByCondition(rule, pod);
            if (what is not null)
                return new(rule.Text("action")!, $"{what} matching {rule.Text("action")} rule at index {index}");
            index++;
        }

        return new("Count", "");
    }

    private static string? ByExitCode(JsonObject codes, JsonObject pod)
    {
        var values = (codes["values"] as JsonArray)?.Select(value => value.Number()).ToHashSet() ?? [];
        foreach (var status in pod.Items("status", "containerStatuses"))
        {
            if (codes.Text("containerName") is { } only && only != status.Text("name"))
                continue;
            var code = status.Number("state", "terminated", "exitCode");
            if (code is null or 0 || values.Contains(code) != (codes.Text("operator") == "In"))
                continue;
            return $"Container {status.Text("name")} for pod {pod.Namespace()}/{pod.Name()} failed with exit code {code}";
        }

        return null;
    }

    private static string? ByCondition(JsonObject rule, JsonObject pod)
    {
        foreach (var wanted in rule.Items("onPodConditions"))
        {
            if (pod.Condition(wanted.Text("type")!).Text("status") == (wanted.Text("status") ?? "True"))
                return $"Pod {pod.Namespace()}/{pod.Name()} has condition {wanted.Text("type")}";
        }

        return null;
    }
}
