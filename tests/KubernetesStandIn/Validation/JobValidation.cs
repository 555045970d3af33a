using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Validation;

/// <summary>What the API server refuses in Jobs. Not all of it: what concerns the size, the modes and the immutable parts.</summary>
internal static partial class JobValidation
{
    private const int MostParallel = 100_000;
    private static readonly string[] Immutable =
        ["completionMode", "selector", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"];

    public static void CheckNew(JsonObject job)
    {
        var faults = new List<FieldFault>();
        CheckName(job, faults);
        CheckSpec(job.Part("spec")!, faults);
        Throw(job, faults);
    }

    public static void CheckChange(JsonObject before, JsonObject after)
    {
        var faults = new List<FieldFault>();
        CheckName(after, faults);
        CheckSpec(after.Part("spec")!, faults);
        var (old, now) = (before.Part("spec")!, after.Part("spec")!);
        CheckCompletions(old, now, faults);
        foreach (var field in Immutable.Where(field => !JsonNode.DeepEquals(old[field], now[field])))
            faults.Add(FieldFault.Invalid($"spec.{field}", now[field], "field is immutable"));
        if (!JsonNode.DeepEquals(old["template"], now["template"]) && !MayChangeTemplate(before))
            faults.Add(FieldFault.Invalid("spec.template", now["template"], "field is immutable"));
        Throw(after, faults);
    }

    // Only where to run, and only before the first start.
    private static bool MayChangeTemplate(JsonObject before) => before.Flag("spec", "suspend") && before.At("status", "startTime") is null;

    private static void CheckCompletions(JsonObject old, JsonObject now, List<FieldFault> faults)
    {
        if (old.Number("completions") == now.Number("completions") || now.Number("completions") < 0)
            return;
        if (now.Text("completionMode") != "Indexed")
            faults.Add(FieldFault.Invalid("spec.completions", now["completions"], "field is immutable"));
        else if (now.Number("completions") != now.Number("parallelism"))
            faults.Add(FieldFault.Invalid("spec.completions", now["completions"], "can only be modified in tandem with spec.parallelism"));
    }

    private static void CheckSpec(JsonObject spec, List<FieldFault> faults)
    {
        foreach (var field in new[]
                 {
                     "parallelism", "completions", "backoffLimit", "backoffLimitPerIndex", "maxFailedIndexes",
                     "activeDeadlineSeconds", "ttlSecondsAfterFinished",
                 })
        {
            if (spec.Number(field) < 0)
                faults.Add(FieldFault.Invalid($"spec.{field}", spec[field], "must be greater than or equal to 0"));
        }

        if (spec.Text("completionMode") == "Indexed")
            CheckIndexed(spec, faults);
        else if (spec["backoffLimitPerIndex"] is not null)
            faults.Add(FieldFault.Invalid("spec.backoffLimitPerIndex", spec["backoffLimitPerIndex"], "requires indexed completion mode"));
        if (spec["maxFailedIndexes"] is not null && spec["backoffLimitPerIndex"] is null)
            faults.Add(FieldFault.Required("spec.backoffLimitPerIndex", "when maxFailedIndexes is specified"));
        CheckTemplate(spec, faults);
    }

    private static void CheckIndexed(JsonObject spec, List<FieldFault> faults)
    {
        if (spec["completions"] is null)
            faults.Add(FieldFault.Required("spec.completions", "when completion mode is Indexed"));
        if (spec.Number("parallelism") > MostParallel)
        {
            faults.Add(FieldFault.Invalid(
                "spec.parallelism", spec["parallelism"], $"must be less than or equal to {MostParallel} when completion mode is Indexed"));
        }

        if (spec.Number("maxFailedIndexes") > spec.Number("completions"))
            faults.Add(FieldFault.Invalid("spec.maxFailedIndexes", spec["maxFailedIndexes"], "must be less than or equal to completions"));
    }

    private static void CheckTemplate(JsonObject spec, List<FieldFault> faults)
    {
        var restart = spec.Text("template", "spec", "restartPolicy");
        if (restart == "Always")
            faults.Add(FieldFault.Required("spec.template.spec.restartPolicy", "valid values: \"OnFailure\", \"Never\""));
        else if (restart is not ("OnFailure" or "Never"))
            faults.Add(FieldFault.Unsupported("spec.template.spec.restartPolicy", restart ?? "", "OnFailure", "Never"));
        if (spec["podFailurePolicy"] is not null)
            CheckFailurePolicy(spec, restart, faults);
        if (!spec.Items("template", "spec", "containers").Any())
            faults.Add(FieldFault.Required("spec.template.spec.containers", ""));
        var i = 0;
        foreach (var container in spec.Items("template", "spec", "containers"))
        {
            if (string.IsNullOrEmpty(container.Text("image")))
                faults.Add(FieldFault.Required($"spec.template.spec.containers[{i}].image", ""));
            i++;
        }
    }

    private static void CheckFailurePolicy(JsonObject spec, string? restart, List<FieldFault> faults)
    {
        if (restart != "Never")
        {
            faults.Add(FieldFault.Invalid(
                "spec.template.spec.restartPolicy", restart, "only \"Never\" is supported when podFailurePolicy is specified"));
        }

        if (spec.Text("podReplacementPolicy") != "Failed")
            faults.Add(FieldFault.Unsupported("spec.podReplacementPolicy", spec.Text("podReplacementPolicy") ?? "", "Failed"));
        var containers = spec.Items("template", "spec", "containers").Select(container => container.Text("name")).ToHashSet();
        var i = 0;
        foreach (var rule in spec.Items("podFailurePolicy", "rules"))
        {
            if (rule.Text("onExitCodes", "containerName") is { } name && !containers.Contains(name))
            {
                faults.Add(FieldFault.Invalid(
                    $"spec.podFailurePolicy.rules[{i}].onExitCodes.containerName", name, "must be one of the container or initContainer names in the pod template"));
            }

            i++;
        }
    }

    private static void CheckName(JsonObject job, List<FieldFault> faults)
    {
        if (!Subdomain().IsMatch(job.Name()) || job.Name().Length > 253)
        {
            faults.Add(FieldFault.Invalid(
                "metadata.name", job.Name(),
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
                + "alphanumeric character (e.g. 'example.com', regex used for validation is "
                + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"));
        }

        var last = $"{job.Name()}-{job.Number("spec", "completions") - 1}";
        if (job.Text("spec", "completionMode") == "Indexed" && job.Number("spec", "completions") > 0
            && (last.Length > 63 || last.Contains('.', StringComparison.Ordinal)))
        {
            faults.Add(FieldFault.Invalid("metadata.name", job.Name(), $"will not able to create pod with invalid DNS label: {last}"));
        }

        foreach (var (key, value) in job.Pairs("metadata", "labels"))
        {
            if (!LabelValue().IsMatch(value) || value.Length > 63)
            {
                faults.Add(FieldFault.Invalid(
                    "metadata.labels", value,
                    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
                    + "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
                    + $"'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"));
            }
        }
    }

    private static void Throw(JsonObject job, List<FieldFault> faults)
    {
        if (faults.Count > 0)
            throw ApiError.Invalid(ResourceTypes.Jobs, job.Name(), faults);
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?\z")]
    private static partial Regex LabelValue();
}
