using System.Text.Json.Serialization;
using k8s.Models;

namespace Migration.Chart.Tests.Validation;

/// <summary>The parts of other people's resource definitions that the chart may use, by their documentation.</summary>
internal static class CustomResources
{
    /// <summary>KEDA 2.12 and newer.</summary>
    [KubernetesEntity(Group = "keda.sh", ApiVersion = "v1alpha1", Kind = "ScaledJob", PluralName = "scaledjobs")]
    internal sealed record ScaledJob(
        [property: JsonPropertyName("apiVersion")] string ApiVersion,
        [property: JsonPropertyName("kind")] string Kind,
        [property: JsonPropertyName("metadata")] V1ObjectMeta Metadata,
        [property: JsonPropertyName("spec")] ScaledJobSpec Spec);

    internal sealed record ScaledJobSpec(
        [property: JsonPropertyName("jobTargetRef")] V1JobSpec JobTargetRef,
        [property: JsonPropertyName("pollingInterval")] int PollingInterval,
        [property: JsonPropertyName("minReplicaCount")] int MinReplicaCount,
        [property: JsonPropertyName("maxReplicaCount")] int MaxReplicaCount,
        [property: JsonPropertyName("successfulJobsHistoryLimit")] int SuccessfulJobsHistoryLimit,
        [property: JsonPropertyName("failedJobsHistoryLimit")] int FailedJobsHistoryLimit,
        [property: JsonPropertyName("rollout")] Rollout Rollout,
        [property: JsonPropertyName("triggers")] IList<Trigger> Triggers);

    internal sealed record Rollout(
        [property: JsonPropertyName("strategy")] string Strategy,
        [property: JsonPropertyName("propagationPolicy")] string PropagationPolicy);

    /// <summary>Every value of a trigger's metadata is a string, numbers and truth values as well.</summary>
    internal sealed record Trigger(
        [property: JsonPropertyName("type")] string Type,
        [property: JsonPropertyName("metadata")] IDictionary<string, string> Metadata,
        [property: JsonPropertyName("authenticationRef")] AuthenticationReference AuthenticationRef);

    internal sealed record AuthenticationReference(
        [property: JsonPropertyName("name")] string Name,
        [property: JsonPropertyName("kind")] string Kind);

    [KubernetesEntity(Group = "keda.sh", ApiVersion = "v1alpha1", Kind = "TriggerAuthentication", PluralName = "triggerauthentications")]
    internal sealed record TriggerAuthentication(
        [property: JsonPropertyName("apiVersion")] string ApiVersion,
        [property: JsonPropertyName("kind")] string Kind,
        [property: JsonPropertyName("metadata")] V1ObjectMeta Metadata,
        [property: JsonPropertyName("spec")] TriggerAuthenticationSpec Spec);

    internal sealed record TriggerAuthenticationSpec(
        [property: JsonPropertyName("secretTargetRef")] IList<SecretTarget> SecretTargetRef);

    internal sealed record SecretTarget(
        [property: JsonPropertyName("parameter")] string Parameter,
        [property: JsonPropertyName("name")] string Name,
        [property: JsonPropertyName("key")] string Key);

    [KubernetesEntity(Group = "monitoring.coreos.com", ApiVersion = "v1", Kind = "PodMonitor", PluralName = "podmonitors")]
    internal sealed record PodMonitor(
        [property: JsonPropertyName("apiVersion")] string ApiVersion,
        [property: JsonPropertyName("kind")] string Kind,
        [property: JsonPropertyName("metadata")] V1ObjectMeta Metadata,
        [property: JsonPropertyName("spec")] PodMonitorSpec Spec);

    internal sealed record PodMonitorSpec(
        [property: JsonPropertyName("namespaceSelector")] NamespaceSelector NamespaceSelector,
        [property: JsonPropertyName("selector")] V1LabelSelector Selector,
        [property: JsonPropertyName("podMetricsEndpoints")] IList<Endpoint> PodMetricsEndpoints);

    [KubernetesEntity(Group = "monitoring.coreos.com", ApiVersion = "v1", Kind = "ServiceMonitor", PluralName = "servicemonitors")]
    internal sealed record ServiceMonitor(
        [property: JsonPropertyName("apiVersion")] string ApiVersion,
        [property: JsonPropertyName("kind")] string Kind,
        [property: JsonPropertyName("metadata")] V1ObjectMeta Metadata,
        [property: JsonPropertyName("spec")] ServiceMonitorSpec Spec);

    internal sealed record ServiceMonitorSpec(
        [property: JsonPropertyName("namespaceSelector")] NamespaceSelector NamespaceSelector,
        [property: JsonPropertyName("selector")] V1LabelSelector Selector,
        [property: JsonPropertyName("endpoints")] IList<Endpoint> Endpoints);

    internal sealed record NamespaceSelector([property: JsonPropertyName("matchNames")] IList<string> MatchNames);

    internal sealed record Endpoint(
        [property: JsonPropertyName("port")] string Port,
        [property: JsonPropertyName("path")] string Path,
        [property: JsonPropertyName("interval")] string Interval,
        [property: JsonPropertyName("scrapeTimeout")] string ScrapeTimeout,
        [property: JsonPropertyName("relabelings")] IList<Relabeling> Relabelings,
        [property: JsonPropertyName("metricRelabelings")] IList<Relabeling> MetricRelabelings);

    internal sealed record Relabeling(
        [property: JsonPropertyName("action")] string Action,
        [property: JsonPropertyName("sourceLabels")] IList<string> SourceLabels,
        [property: JsonPropertyName("targetLabel")] string TargetLabel,
        [property: JsonPropertyName("regex")] string Regex,
        [property: JsonPropertyName("replacement")] string Replacement,
        [property: JsonPropertyName("separator")] string Separator,
        [property: JsonPropertyName("modulus")] long Modulus);
}
