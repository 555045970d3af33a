using System.Text.Json.Nodes;

namespace Migration.KubernetesStandIn.Storage;

/// <summary>What the API answers instead of an object: a <c>Status</c> with a code and a reason.</summary>
internal sealed class ApiError(int code, string reason, string message, JsonObject? details = null) : Exception(message)
{
    public int Code => code;

    public string Reason => reason;

    public JsonObject ToStatus()
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = Message,
            ["reason"] = reason,
        };
        if (details is not null)
            status["details"] = details.DeepClone();
        status["code"] = code;
        return status;
    }

    public static ApiError NotFound(ResourceType type, string name) =>
        new(404, "NotFound", $"{type.QualifiedPlural} \"{name}\" not found", Details(type, name, type.Plural));

    public static ApiError NoSuchPath() => new(404, "NotFound", "the server could not find the requested resource", []);

    public static ApiError NotAllowed() => new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", []);

    public static ApiError AlreadyExists(ResourceType type, string name) =>
        new(409, "AlreadyExists", $"{type.QualifiedPlural} \"{name}\" already exists", Details(type, name, type.Plural));

    public static ApiError Conflict(ResourceType type, string name) => Conflict(
        type, name, "the object has been modified; please apply your changes to the latest version and try again");

    public static ApiError Conflict(ResourceType type, string name, string why) => new(
        409, "Conflict", $"Operation cannot be fulfilled on {type.QualifiedPlural} \"{name}\": {why}", Details(type, name, type.Plural));

    public static ApiError Forbidden(ResourceType type, string? name, string why) => new(
        403, "Forbidden", $"{type.QualifiedPlural} {(name is null ? "" : $"\"{name}\" ")}is forbidden: {why}",
        Details(type, name, type.Plural));

    public static ApiError BadRequest(string message) => new(400, "BadRequest", message);

    public static ApiError UnsupportedMediaType(string message) => new(415, "UnsupportedMediaType", message, []);

    public static ApiError Expired(string message) => new(410, "Expired", message);

    public static ApiError Invalid(ResourceType type, string name, IReadOnlyList<FieldFault> faults)
    {
        var list = string.Join(", ", faults);
        var details = Details(type, name, type.Kind);
        details["causes"] = new JsonArray([.. faults.Select(fault => fault.ToCause())]);
        return new(
            422, "Invalid", $"{type.QualifiedKind} \"{name}\" is invalid: {(faults.Count == 1 ? list : $"[{list}]")}", details);
    }

    /// <summary>A patch whose outcome cannot be read as the object's kind.</summary>
    public static ApiError InvalidPatch(string outcome, string why) => new(
        422, "Invalid", $" \"\" is invalid: patch: Invalid value: {outcome}: {why}", new JsonObject
        {
            ["causes"] = new JsonArray(new FieldFault("patch", "Invalid value", $"{outcome}: {why}").ToCause()),
        });

    private static JsonObject Details(ResourceType type, string? name, string kind)
    {
        var details = new JsonObject();
        if (name is not null)
            details["name"] = name;
        if (type.Group.Length > 0)
            details["group"] = type.Group;
        details["kind"] = kind;
        return details;
    }
}
