using System.Globalization;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Migration.Worker;
using Polly;

namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>
/// The requests that the scaler makes, in one namespace. Each is tried again while the server is away; a refusal ends it
/// with one clear message, except where the caller asks for it.
/// </summary>
/// <param name="retry">Of <see cref="ApiRetry"/>.</param>
internal sealed class Cluster(IKubernetes api, string @namespace, ResiliencePipeline retry) : IDisposable
{
    /// <summary>Indexed Jobs whose completions may be changed are stable since then; the other policies came before or are on by default.</summary>
    private const int OldestMinor = 31;

    private const string Strict = "Strict";

    public IKubernetes Api => api;

    public string Namespace => @namespace;

    /// <exception cref="UserException">It is too old.</exception>
    public async Task CheckVersionAsync(CancellationToken cancellationToken)
    {
        var version = await AskAsync("read the version", token => api.Version.GetCodeAsync(token), cancellationToken);
        if (Number(version.Major) is > 1 || Number(version.Minor) >= OldestMinor)
            return;
        throw new UserException(
            $"The cluster is Kubernetes {version.Major}.{version.Minor} ({version.GitVersion}); raising workers in waves needs 1.{OldestMinor} or newer. "
            + "Upgrade it, or start the workers yourself and run the coordinator with --external.");
    }

    /// <returns>Null when there is none.</returns>
    public async Task<WorkerJob?> FindJobAsync(string name, CancellationToken cancellationToken)
    {
        var found = await AskAsync(
            "list jobs",
            token => api.BatchV1.ListNamespacedJobAsync(@namespace, fieldSelector: $"metadata.name={name}", cancellationToken: token),
            cancellationToken);
        return found.Items.Where(job => job.Metadata.Name == name).Select(WorkerJob.Of).FirstOrDefault();
    }

    /// <summary>As JSON, so that the server and not the client decides which fields there are.</summary>
    /// <param name="rehearse">Has everything checked and nothing made.</param>
    /// <returns>Null when there is a Job of that name already.</returns>
    public async Task<WorkerJob?> CreateJobAsync(JsonObject job, bool rehearse, CancellationToken cancellationToken)
    {
        try
        {
            var created = await AskAsync(
                "create jobs",
                token => api.CustomObjects.CreateNamespacedCustomObjectAsync<V1Job>(
                    job, "batch", "v1", @namespace, "jobs", dryRun: rehearse ? "All" : null, fieldManager: WorkerJobManifest.ManagedBy,
                    fieldValidation: Strict, cancellationToken: token),
                cancellationToken, ApiFaults.IsConflict);
            return WorkerJob.Of(created);
        }
        catch (Exception e) when (ApiFaults.IsConflict(e))
        {
            return null;
        }
    }

    /// <param name="patch">A merge patch.</param>
    /// <returns>Null when it met a change or the Job is gone: look again and decide anew.</returns>
    public async Task<WorkerJob?> PatchJobAsync(string name, JsonObject patch, CancellationToken cancellationToken)
    {
        try
        {
            return WorkerJob.Of(await AskAsync(
                "patch jobs",
                token => api.BatchV1.PatchNamespacedJobAsync(
                    new V1Patch(patch.ToJsonString(), V1Patch.PatchType.MergePatch), name, @namespace,
                    fieldManager: WorkerJobManifest.ManagedBy, fieldValidation: Strict, cancellationToken: token),
                cancellationToken, LooksAgain));
        }
        catch (Exception e) when (LooksAgain(e))
        {
            return null;
        }
    }

    /// <summary>Its pods are told to stop and the Job goes when they are gone. One that is gone already is no mistake.</summary>
    public async Task DeleteJobAsync(WorkerJob job, CancellationToken cancellationToken)
    {
        var options = new V1DeleteOptions { PropagationPolicy = "Foreground", Preconditions = new V1Preconditions { Uid = job.Uid } };
        try
        {
            await AskAsync(
                "delete jobs",
                async token => await api.BatchV1.DeleteNamespacedJobAsync(job.Name, @namespace, options, cancellationToken: token),
                cancellationToken, LooksAgain);
        }
        catch (Exception e) when (LooksAgain(e))
        {
        }
    }

    public Task<V1Pod> GetPodAsync(string name, CancellationToken cancellationToken)
        => AskAsync("get pods", token => api.CoreV1.ReadNamespacedPodAsync(name, @namespace, cancellationToken: token), cancellationToken);

    public void Dispose() => api.Dispose();

    private static bool LooksAgain(Exception exception) => ApiFaults.IsConflict(exception) || ApiFaults.IsMissing(exception);

    private static int Number(string text)
        => int.TryParse(string.Concat(text.TakeWhile(char.IsAsciiDigit)), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <param name="isAnswer">Refusals that the caller handles.</param>
    private async Task<T> AskAsync<T>(
        string what, Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken, Func<Exception, bool>? isAnswer = null)
    {
        try
        {
            return await retry.ExecuteAsync(async token => await ask(token), cancellationToken);
        }
        catch (Exception e) when (e is not UserException && !cancellationToken.IsCancellationRequested && isAnswer?.Invoke(e) != true)
        {
            throw ApiFaults.Describe(e, what, @namespace);
        }
    }
}
