using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Simulation;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Controllers;

/// <summary>
/// Writes events as the components of a cluster do, with what their client library does to many of them: the same one
/// again only raises its count; more than ten alike within ten minutes become one "(combined from similar events)"; and
/// of one component about one object only 25 are written at once, then one every five minutes. The last is why a Job of
/// hundreds of pods may have no event for the pod that could not be created.
/// </summary>
internal sealed class EventRecorder(World world)
{
    private const int Burst = 25;
    private const int MostAlike = 10;
    private static readonly TimeSpan Refill = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan AlikeFor = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, string> _written = [];
    private readonly Dictionary<string, Alike> _alike = [];
    private readonly Dictionary<string, Bucket> _buckets = [];

    /// <summary>By a controller or a kubelet, through the older event interface.</summary>
    /// <param name="host">The node of a kubelet.</param>
    /// <param name="container">That it is about, or null.</param>
    public void Record(
        StoredObject about, string type, string reason, string message, string component, string? host = null, string? container = null)
    {
        var source = $"{component}/{host}/{about.Value.Uid()}";
        var group = $"{source}/{type}/{reason}";
        var key = $"{group}/{container}/{message}";
        if (IsOneOfMany(group, message))
            (key, message) = (group, "(combined from similar events): " + message);
        if (!BucketOf(source).Take(world.Now))
            return;
        if (!_written.TryGetValue(key, out var name) || Repeat(about, name, message) is null)
            _written[key] = Write(about, type, reason, message, component, host, container);
    }

    /// <summary>By the scheduler, through the newer event interface: without counts and limits.</summary>
    public void RecordScheduling(StoredObject about, string type, string reason, string message, string action)
    {
        var thing = Event(about, type, reason, message);
        thing["source"] = new JsonObject();
        thing["firstTimestamp"] = null;
        thing["lastTimestamp"] = null;
        thing["eventTime"] = world.Now.ToApiMicroTime();
        thing["action"] = action;
        thing["reportingComponent"] = "default-scheduler";
        thing["reportingInstance"] = "default-scheduler-control-plane";
        world.Writer.Create(ResourceTypes.Events, thing);
    }

    private bool IsOneOfMany(string key, string message)
    {
        if (!_alike.TryGetValue(key, out var alike) || world.Now - alike.Last > AlikeFor)
            _alike[key] = alike = new Alike();
        alike.Last = world.Now;
        alike.Messages.Add(message);
        return alike.Messages.Count > MostAlike;
    }

    private Bucket BucketOf(string source)
    {
        if (!_buckets.TryGetValue(source, out var bucket))
            _buckets[source] = bucket = new Bucket(Burst, world.Now);
        return bucket;
    }

    private StoredObject? Repeat(StoredObject about, string name, string message) => world.Writer.Update(
        ResourceTypes.Events, about.Value.Namespace(), name, thing =>
        {
            thing["message"] = message;
            thing["count"] = (thing.Number("count") ?? 1) + 1;
            thing["lastTimestamp"] = world.Now.ToApiTime();
        });

    private string Write(
        StoredObject about, string type, string reason, string message, string component, string? host, string? container)
    {
        var thing = Event(about, type, reason, message);
        var source = new JsonObject { ["component"] = component };
        if (host is not null)
            source["host"] = host;
        if (container is not null)
            thing.Ensure("involvedObject")["fieldPath"] = $"spec.containers{{{container}}}";
        thing["source"] = source;
        thing["firstTimestamp"] = world.Now.ToApiTime();
        thing["lastTimestamp"] = world.Now.ToApiTime();
        thing["count"] = 1;
        thing["eventTime"] = null;
        thing["reportingComponent"] = component;
        thing["reportingInstance"] = host ?? "";
        return world.Writer.Create(ResourceTypes.Events, thing).Value.Name();
    }

    private JsonObject Event(StoredObject about, string type, string reason, string message) => new()
    {
        ["metadata"] = new JsonObject
        {
            ["name"] = $"{about.Value.Name()}.{world.Dice.Hex()}",
            // What has no namespace has its events in the default one.
            ["namespace"] = about.Type.Namespaced ? about.Value.Namespace() : "default",
        },
        ["involvedObject"] = Reference(about),
        ["reason"] = reason,
        ["message"] = message,
        ["type"] = type,
    };

    private static JsonObject Reference(StoredObject about)
    {
        var reference = new JsonObject { ["kind"] = about.Type.Kind };
        if (about.Type.Namespaced)
            reference["namespace"] = about.Value.Namespace();
        reference["name"] = about.Value.Name();
        reference["uid"] = about.Value.Uid();
        reference["apiVersion"] = about.Type.ApiVersion;
        reference["resourceVersion"] = about.Value.Revision();
        return reference;
    }

    private sealed class Alike
    {
        public HashSet<string> Messages { get; } = [];

        public DateTimeOffset Last { get; set; }
    }

    private sealed class Bucket(double tokens, DateTimeOffset at)
    {
        private double _tokens = tokens;
        private DateTimeOffset _at = at;

        public bool Take(DateTimeOffset now)
        {
            _tokens = Math.Min(Burst, _tokens + ((now - _at) / Refill));
            _at = now;
            if (_tokens < 1)
                return false;
            _tokens--;
            return true;
        }
    }
}
