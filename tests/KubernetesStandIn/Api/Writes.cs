using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Admission;
using Migration.KubernetesStandIn.Nodes;
using Migration.KubernetesStandIn.Patching;
using Migration.KubernetesStandIn.Simulation;
using Migration.KubernetesStandIn.Storage;
using Migration.KubernetesStandIn.Validation;

namespace Migration.KubernetesStandIn.Api;

/// <summary>Create, replace, patch, delete and evict.</summary>
internal sealed class Writes(World world, PodCreation pods, Reads reads)
{
    private const string ApplyType = "application/apply-patch+yaml";

    public ApiAnswer Create(ApiCall call, JsonNode? body)
    {
        var thing = body as JsonObject ?? throw ApiError.BadRequest("the body of the request is no object");
        var warning = Decode(call, thing, isPatch: false);
        var meta = thing.Ensure("metadata");
        if (call.Type.Namespaced)
            SetNamespace(call, meta);
        if (string.IsNullOrEmpty(meta.Text("name")) && string.IsNullOrEmpty(meta.Text("generateName")))
            throw ApiError.Invalid(call.Type, "", [FieldFault.Required("metadata.name", "name or generateName is required")]);
        if (call.Query["dryRun"] == "All" && call.Type == ResourceTypes.Jobs)
            return ApiAnswer.Of(201, Whole(call.Type, Checked(thing)), warning);
        return ApiAnswer.Of(201, call.Type == ResourceTypes.Pods ? pods.Create(thing) : Create(call.Type, thing), warning);
    }

    public ApiAnswer Replace(ApiCall call, JsonNode? body)
    {
        var before = reads.Find(call);
        var thing = body as JsonObject ?? throw ApiError.BadRequest("the body of the request is no object");
        var warning = Decode(call, thing, isPatch: false);
        return ApiAnswer.Of(200, Change(call, before, thing), warning);
    }

    public ApiAnswer Patch(ApiCall call, JsonNode? patch, string contentType)
    {
        if (contentType == ApplyType)
            return Apply(call, patch);
        var before = reads.Find(call);
        var thing = contentType switch
        {
            "application/merge-patch+json" => MergePatch.Apply(before.Value.Copy(), Object(patch)),
            "application/strategic-merge-patch+json" => StrategicMergePatch.Apply(before.Value.Copy(), Object(patch)),
            "application/json-patch+json" => JsonPatch.Apply(before.Value.Copy(), patch as JsonArray ?? throw ApiError.BadRequest("a JSON patch is a list")),
            _ => throw ApiError.UnsupportedMediaType(
                "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, "
                + "application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml"),
        };
        var warning = Decode(call, thing, isPatch: true);
        return ApiAnswer.Of(200, Change(call, before, thing), warning);
    }

    // Who owns which field is not kept: what is applied wins, and what is no longer applied stays.
    private ApiAnswer Apply(ApiCall call, JsonNode? patch)
    {
        if (string.IsNullOrEmpty(call.Query["fieldManager"]))
            throw ApiError.Invalid(call.Type, "", [FieldFault.Required("fieldManager", "is required for apply patch")]);
        if (world.Store.Find(call.Type, call.Namespace ?? "", call.Name!) is not { } before)
        {
            var fresh = Object(patch);
            fresh.Ensure("metadata").Default("name", call.Name);
            return Create(call, fresh);
        }

        var thing = StrategicMergePatch.Apply(before.Value.Copy(), Object(patch));
        var warning = Decode(call, thing, isPatch: true);
        return ApiAnswer.Of(200, Change(call, before, thing), warning);
    }

    public ApiAnswer Delete(ApiCall call, JsonNode? body)
    {
        var stored = reads.Find(call);
        var request = ReadDelete(call, body);
        string? warning = null;
        if (call.Type == ResourceTypes.Jobs && request.Propagation is null)
        {
            // As it has been since the first version of the Job: the pods stay, unless one says otherwise.
            request = request with { Propagation = Propagation.Orphan };
            warning = "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set "
                + "propagationPolicy=Orphan to suppress this warning";
        }

        var (left, gone) = world.Writer.Delete(stored, request);
        return gone && call.Type != ResourceTypes.Pods ? ApiAnswer.Of(200, Success(left), warning) : ApiAnswer.Of(200, left, warning);
    }

    public ApiAnswer DeleteAll(ApiCall call, JsonNode? body)
    {
        var selector = Selector.Of(call);
        var request = ReadDelete(call, body);
        var all = world.Store.List(call.Type, call.Namespace).Where(selector.Matches).ToList();
        foreach (var stored in all)
            world.Writer.Delete(stored, request);
        return new ApiAnswer(200, ApiJson.List(call.Type, all, new JsonObject { ["resourceVersion"] = $"{world.Store.Revision}" }));
    }

    public ApiAnswer Evict(ApiCall call, JsonNode? body)
    {
        var pod = reads.Find(call with { Subresource = null });
        Disrupt(pod, "EvictionByEvictionAPI", "Eviction API: evicting", body.Number("deleteOptions", "gracePeriodSeconds"));
        return ApiAnswer.Of(201, new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Success",
            ["code"] = 201,
        });
    }

    public void Disrupt(StoredObject pod, string reason, string message, int? graceSeconds = null)
    {
        var marked = world.Writer.Update(
            ResourceTypes.Pods, pod.Value.Namespace(), pod.Value.Name(), after => PodStatus.Disrupt(after, reason, message, world.Now));
        world.Writer.Delete(marked!, new DeleteRequest(graceSeconds));
    }

    public StoredObject Create(ResourceType type, JsonObject thing)
    {
        Prepare(type, thing);
        Namespaces.CheckOpen(world.Store, type, thing);
        return type == ResourceTypes.Jobs ? world.Store.Add(type, Checked(thing)) : world.Writer.Create(type, thing);
    }

    /// <summary>The Job as it would be kept.</summary>
    private JsonObject Checked(JsonObject job)
    {
        Prepare(ResourceTypes.Jobs, job);
        Namespaces.CheckOpen(world.Store, ResourceTypes.Jobs, job);
        JobDefaults.Fill(job);
        JobValidation.CheckNew(job);
        if (world.Store.Find(ResourceTypes.Jobs, job.Namespace(), job.Name()) is not null)
            throw ApiError.AlreadyExists(ResourceTypes.Jobs, job.Name());
        Quotas.CheckJob(world.Store, job);
        world.Writer.NameIt(ResourceTypes.Jobs, job);
        JobDefaults.Select(job);
        return job;
    }

    private static void Prepare(ResourceType type, JsonObject thing)
    {
        if (type.HasStatus && type != ResourceTypes.Nodes && (thing["status"] is null || type != ResourceTypes.ReplicaSets))
            thing["status"] = new JsonObject();
        if (type == ResourceTypes.Quotas)
            thing["status"] = new JsonObject();
        if (type == ResourceTypes.Namespaces)
            thing["status"] = new JsonObject { ["phase"] = "Active" };
    }

    private static void SetNamespace(ApiCall call, JsonObject meta)
    {
        var stated = meta.Text("namespace");
        if (stated is { Length: > 0 } && stated != call.Namespace)
        {
            throw ApiError.BadRequest(
                $"the namespace of the provided object does not match the namespace sent on the request");
        }

        meta["namespace"] = call.Namespace ?? throw ApiError.NotAllowed();
    }

    private StoredObject Change(ApiCall call, StoredObject before, JsonObject thing)
    {
        var meta = thing.Ensure("metadata");
        if (thing.Name() != before.Value.Name())
            throw ApiError.BadRequest($"the name of the object ({thing.Name()}) does not match the name on the URL ({before.Value.Name()})");
        if (meta.Text("resourceVersion") is { Length: > 0 } revision && revision != before.Value.Revision())
            throw ApiError.Conflict(call.Type, before.Value.Name());
        if (meta.Text("uid") is { Length: > 0 } uid && uid != before.Value.Uid())
        {
            throw ApiError.Conflict(
                call.Type, before.Value.Name(), $"Precondition failed: UID in precondition: {uid}, UID in object meta: {before.Value.Uid()}");
        }

        KeepWhatIsNotTheirs(call, before.Value, thing);
        if (call.Type == ResourceTypes.Jobs && call.Subresource is null)
        {
            JobDefaults.Fill(thing);
            JobValidation.CheckChange(before.Value, thing);
        }

        return world.Writer.Replace(before, thing);
    }

    // Some of an object is the API server's own, and its status is written apart from the rest.
    private static void KeepWhatIsNotTheirs(ApiCall call, JsonObject before, JsonObject thing)
    {
        foreach (var field in new[] { "uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds", "namespace", "generateName" })
            Keep(before.Part("metadata")!, thing.Ensure("metadata"), field);
        if (!call.Type.HasStatus)
            return;
        if (call.Subresource == "status")
            Keep(before, thing, "spec");
        else
            Keep(before, thing, "status");
    }

    private static void Keep(JsonObject before, JsonObject after, string field)
    {
        if (before[field] is { } value)
            after[field] = value.DeepClone();
        else
            after.Remove(field);
    }

    /// <returns>A warning about unknown fields, or null.</returns>
    private static string? Decode(ApiCall call, JsonObject thing, bool isPatch)
    {
        CheckKind(call, thing);
        thing.Remove("kind");
        thing.Remove("apiVersion");
        thing.Part("metadata")?.Remove("managedFields");
        var whole = isPatch ? thing.ToJsonString(JsonPaths.Lenient) : "";
        var about = $"{call.Type.Kind} in version \"{call.Type.Version}\" cannot be handled as a {call.Type.Kind}: ";
        try
        {
            var unknown = ModelSchema.Check(call.Type.Model, thing);
            if (unknown.Count == 0 || call.Query["fieldValidation"] == "Ignore")
                return null;
            var list = string.Join(", ", unknown.Select(field => $"unknown field \"{field}\""));
            if (call.Query["fieldValidation"] != "Strict")
                return list;
            throw isPatch
                ? ApiError.InvalidPatch(whole, $"strict decoding error: {list}")
                : ApiError.BadRequest($"{about}strict decoding error: {list}");
        }
        catch (WrongType e)
        {
            throw isPatch ? ApiError.InvalidPatch(whole, e.Message) : ApiError.BadRequest(about + e.Message);
        }
    }

    private static void CheckKind(ApiCall call, JsonObject thing)
    {
        var (kind, version) = (thing.Text("kind"), thing.Text("apiVersion"));
        if ((kind is null || kind == call.Type.Kind) && (version is null || version == call.Type.ApiVersion))
            return;
        throw ApiError.BadRequest(
            $"{kind} in version \"{version}\" cannot be handled as a {call.Type.Kind}: no kind \"{kind}\" is registered for version \"{version}\"");
    }

    private static JsonObject Object(JsonNode? patch) => patch as JsonObject ?? throw ApiError.BadRequest("the patch is no object");

    private static DeleteRequest ReadDelete(ApiCall call, JsonNode? body) => new(
        body.Number("gracePeriodSeconds") ?? (int.TryParse(call.Query["gracePeriodSeconds"], out var grace) ? grace : null),
        Enum.TryParse<Propagation>(body.Text("propagationPolicy") ?? call.Query["propagationPolicy"], out var policy) ? policy : null,
        body.Text("preconditions", "uid"), body.Text("preconditions", "resourceVersion"));

    private static JsonObject Success(StoredObject gone)
    {
        var details = new JsonObject { ["name"] = gone.Value.Name() };
        if (gone.Type.Group.Length > 0)
            details["group"] = gone.Type.Group;
        details["kind"] = gone.Type.Plural;
        details["uid"] = gone.Value.Uid();
        return new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Success",
            ["details"] = details,
        };
    }

    private static JsonObject Whole(ResourceType type, JsonObject thing)
    {
        var whole = new JsonObject { ["kind"] = type.Kind, ["apiVersion"] = type.ApiVersion };
        foreach (var (name, value) in thing)
            whole[name] = value?.DeepClone();
        return whole;
    }
}
