using System.Net;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Migration.Worker;

namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>What the API server's refusals and its being away look like through its client.</summary>
internal static class ApiFaults
{
    /// <summary>It passes by itself: the server is away, starts, or has too much to do.</summary>
    /// <param name="cancellationToken">The caller's: what is cancelled without it was given up by the client.</param>
    public static bool IsTransient(Exception exception, CancellationToken cancellationToken)
        => CodeOf(exception) is { } code ? code is 408 or 429 or >= 500
            : exception is HttpRequestException or IOException or TimeoutException
            || exception is OperationCanceledException && !cancellationToken.IsCancellationRequested;

    /// <summary>What was watched from is too old; only a new list helps.</summary>
    public static bool IsGone(Exception exception) => CodeOf(exception) == (int)HttpStatusCode.Gone;

    /// <summary>Somebody else was faster: look again and decide anew.</summary>
    public static bool IsConflict(Exception exception) => CodeOf(exception) == (int)HttpStatusCode.Conflict;

    public static bool IsMissing(Exception exception) => CodeOf(exception) == (int)HttpStatusCode.NotFound;

    /// <summary>How long the server asks to be left alone; null where it does not.</summary>
    public static TimeSpan? RetryAfter(Exception? exception)
        => exception is HttpOperationException { Response.Headers: { } headers }
            && headers.FirstOrDefault(header => string.Equals(header.Key, "Retry-After", StringComparison.OrdinalIgnoreCase)).Value?.FirstOrDefault() is { } text
            && int.TryParse(text, out var seconds) && seconds >= 0
            ? TimeSpan.FromSeconds(seconds)
            : StatusOf(exception)?.Details?.RetryAfterSeconds is { } after and > 0 ? TimeSpan.FromSeconds(after) : null;

    /// <summary>The refusal as one clear message.</summary>
    /// <param name="what">What was asked for: <c>create jobs</c>.</param>
    public static UserException Describe(Exception exception, string what, string @namespace)
    {
        var message = Message(exception);
        return CodeOf(exception) switch
        {
            401 => new UserException($"The cluster does not accept these credentials: {message}. Log in again, or check the kubeconfig's user.", exception),
            403 => new UserException(
                $"The cluster does not let the coordinator {what} in namespace '{@namespace}': {message}. "
                + "Its Role needs jobs (get, list, watch, create, patch, delete), pods and events (get, list, watch).", exception),
            404 when StatusOf(exception)?.Details?.Kind == "namespaces" => new UserException(
                $"The cluster has no namespace '{@namespace}'. Create it, or name another with --namespace.", exception),
            { } code and >= 400 and < 500 and not (408 or 429) => new UserException($"The cluster refuses to {what} in namespace '{@namespace}' ({code}): {message}.", exception),
            _ => new UserException(ExitCode.Unreachable, $"The Kubernetes API server cannot be used now: {message}. Check the kubeconfig's server and context.", exception),
        };
    }

    /// <summary>As a line for logs.</summary>
    public static string Message(Exception exception)
    {
        if (StatusOf(exception) is { Message.Length: > 0 } status)
            return status.Message.ReplaceLineEndings(" ").TrimEnd('.');
        if (exception is HttpOperationException { Response: { } response })
            return $"HTTP {(int)response.StatusCode} {response.ReasonPhrase}";
        while (exception is HttpRequestException { InnerException: { } inner })
            exception = inner;
        return TransientRetry.FirstLine(exception).TrimEnd('.');
    }

    private static int? CodeOf(Exception exception) => exception switch
    {
        HttpOperationException { Response: { } response } => (int)response.StatusCode,
        KubernetesException { Status: { } status } => status.Code,
        _ => null,
    };

    private static V1Status? StatusOf(Exception? exception)
    {
        if (exception is KubernetesException watched)
            return watched.Status;
        if (exception is not HttpOperationException { Response.Content: { Length: > 0 } content })
            return null;
        try
        {
            return KubernetesJson.Deserialize<V1Status>(content);
        }
        catch (JsonException)
        {
            // A proxy on the way answered with a page of its own.
            return null;
        }
    }
}
