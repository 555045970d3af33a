using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Api;

/// <summary>What a list or a watch is narrowed to: labels, and those fields that the API server knows for the kind.</summary>
internal sealed class Selector
{
    private static readonly HashSet<string> PodFields =
    [
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase", "status.podIP",
        "status.nominatedNodeName", "spec.hostNetwork",
    ];

    private static readonly HashSet<string> EventFields =
    [
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
        "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
    ];

    private readonly List<LabelRule> _labels;
    private readonly List<(string[] Path, string Value, bool IsEqual)> _fields;

    private Selector(List<LabelRule> labels, List<(string[] Path, string Value, bool IsEqual)> fields) => (_labels, _fields) = (labels, fields);

    public bool IsEmpty => _labels.Count == 0 && _fields.Count == 0;

    /// <exception cref="ApiError">It cannot be read, or a field cannot be selected by.</exception>
    public static Selector Of(ApiCall call)
    {
        var fields = new List<(string[], string, bool)>();
        foreach (var term in ((string?)call.Query["fieldSelector"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var isEqual = !term.Contains("!=", StringComparison.Ordinal);
            var sides = term.Split(isEqual ? term.Contains("==", StringComparison.Ordinal) ? "==" : "=" : "!=", 2);
            if (sides.Length < 2)
                throw ApiError.BadRequest($"invalid selector: '{term}'; can't understand '{term}'");
            CheckField(call, sides[0]);
            fields.Add((sides[0] == "source" ? ["source", "component"] : sides[0].Split('.'), sides[1], isEqual));
        }

        if (call.Name is not null)
            fields.Add((["metadata", "name"], call.Name, true));
        return new Selector(LabelRule.Read(call.Query["labelSelector"]), fields);
    }

    public bool Matches(StoredObject stored) =>
        _labels.All(rule => rule.Matches(stored.Value.Text("metadata", "labels", rule.Key)))
        && _fields.All(field => ((stored.Value.Text(field.Path) ?? "") == field.Value) == field.IsEqual);

    private static void CheckField(ApiCall call, string field)
    {
        var isKnown = field is "metadata.name" or "metadata.namespace"
            || (call.Type == ResourceTypes.Pods && PodFields.Contains(field))
            || (call.Type == ResourceTypes.Events && EventFields.Contains(field))
            || (call.Type == ResourceTypes.Jobs && field == "status.successful")
            || (call.Type == ResourceTypes.Nodes && field == "spec.unschedulable");
        if (isKnown)
            return;
        throw ApiError.BadRequest(
            $"Unable to find \"{call.Type.ApiVersion}, Resource={call.Type.Plural}\" that match label selector "
            + $"\"{call.Query["labelSelector"]}\", field selector \"{call.Query["fieldSelector"]}\": field label not supported: {field}");
    }
}
