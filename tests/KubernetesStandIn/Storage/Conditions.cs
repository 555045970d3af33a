using System.Text.Json.Nodes;

namespace Migration.KubernetesStandIn.Storage;

/// <summary>Lists of conditions, one entry a type, as pods, Jobs and nodes carry them in their status.</summary>
internal static class Conditions
{
    public static JsonObject? Condition(this JsonObject thing, string type) =>
        thing.Items("status", "conditions").FirstOrDefault(condition => condition.Text("type") == type);

    public static bool IsTrue(this JsonObject thing, string type) => thing.Condition(type).Text("status") == "True";

    /// <summary>Sets a condition; the time of its last transition moves only when its status changes.</summary>
    public static void SetCondition(this JsonObject thing, JsonObject condition)
    {
        var status = thing.Ensure("status");
        if (status["conditions"] is not JsonArray list)
            status["conditions"] = list = [];
        var type = condition.Text("type");
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i].Text("type") != type)
                continue;
            if (list[i].Text("status") == condition.Text("status"))
                condition["lastTransitionTime"] = list[i]!["lastTransitionTime"]?.DeepClone();
            list[i] = condition;
            return;
        }

        var at = list.TakeWhile(other => Rank(other.Text("type")) <= Rank(type)).Count();
        list.Insert(at, condition);
    }

    // The order in which kubelets write a pod's; of all others the one in which they came.
    private static int Rank(string? type) => type switch
    {
        "DisruptionTarget" => 0,
        "PodReadyToStartContainers" => 1,
        "PodScheduled" => 3,
        _ => 2,
    };
}
