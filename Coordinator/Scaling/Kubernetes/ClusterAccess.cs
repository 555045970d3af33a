using k8s;
using k8s.Exceptions;
using Migration.Worker;
using Polly;
using YamlDotNet.Core;

namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>How the API server is reached: as the pod that this process runs in, or by a kubeconfig.</summary>
internal static class ClusterAccess
{
    private const string FallbackNamespace = "default";

    /// <summary>A request that is silent for so long is given up and tried again; a watch is only answered in that time.</summary>
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    /// <exception cref="UserException">There is no way to a cluster, or the kubeconfig cannot be used.</exception>
    public static Cluster Open(KubernetesRequest request, WorkerJobTemplate template, ResiliencePipeline retry)
    {
        var configuration = Configure(request);
        configuration.HttpClientTimeout = RequestTimeout;
        var @namespace = request.Namespace ?? template.Namespace ?? request.Pod?.Namespace
            ?? (string.IsNullOrEmpty(configuration.Namespace) ? FallbackNamespace : configuration.Namespace);
        return new Cluster(new k8s.Kubernetes(configuration), @namespace, retry);
    }

    /// <summary>A kubeconfig or a context that is named goes before the cluster around this process.</summary>
    private static KubernetesClientConfiguration Configure(KubernetesRequest request)
    {
        if (request is { Kubeconfig: null, Context: null } && KubernetesClientConfiguration.IsInCluster())
            return KubernetesClientConfiguration.InClusterConfig();
        var path = request.Kubeconfig ?? FindKubeconfig();
        try
        {
            return KubernetesClientConfiguration.BuildConfigFromConfigFile(new FileInfo(path), request.Context);
        }
        catch (Exception e) when (e is KubeConfigException or IOException or UnauthorizedAccessException or YamlException or FormatException or ArgumentException)
        {
            throw new UserException(
                $"The kubeconfig {path} cannot be used: {TransientRetry.FirstLine(e)} Name another with --kubeconfig, or its context with --context.", e);
        }
    }

    /// <summary>Of several in $KUBECONFIG the first that is there.</summary>
    private static string FindKubeconfig()
    {
        var paths = (Environment.GetEnvironmentVariable("KUBECONFIG") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return paths.FirstOrDefault(File.Exists) ?? paths.FirstOrDefault() ?? KubernetesClientConfiguration.KubeConfigDefaultLocation;
    }
}
