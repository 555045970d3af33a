using System.Runtime.ExceptionServices;
using k8s;
using k8s.Models;
using Polly;

namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>
/// Keeps up with objects of one kind: lists them once, then hears of every change. A watch that ends goes on from where
/// it was, and only where the server has forgotten that place is the list asked for again.
/// </summary>
/// <param name="list">Lists by what this watch is about.</param>
/// <param name="watch">Watches the same from a resource version on; errors that come as lines of the watch go to the action.</param>
internal sealed class ApiWatch<T, TList>(
    string what, string @namespace, ResiliencePipeline retry, Func<CancellationToken, Task<TList>> list,
    Func<string, Action<Exception>, CancellationToken, IAsyncEnumerable<(WatchEventType Type, T Object)>> watch)
    where T : IKubernetesObject<V1ObjectMeta>
    where TList : IKubernetesObject<V1ListMeta>, IItems<T>
{
    /// <summary>Servers end watches after some minutes; asked for, so that a connection that died in silence is found out.</summary>
    public const int SecondsAtMost = 240;

    /// <summary>One that was ended at once is not asked for again at once.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <param name="reset">All there are; called first and after each new list.</param>
    /// <param name="changed">One that was added, changed or (true) deleted.</param>
    public async Task FollowAsync(Action<IEnumerable<T>> reset, Action<T, bool> changed, TimeProvider time, CancellationToken cancellationToken)
    {
        var place = new Place();
        while (true)
        {
            try
            {
                await retry.ExecuteAsync(async token => await GoOnAsync(place, reset, changed, token), cancellationToken);
            }
            catch (Exception e) when (ApiFaults.IsGone(e))
            {
                place.Version = null;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                throw ApiFaults.Describe(e, what, @namespace);
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private async Task GoOnAsync(Place place, Action<IEnumerable<T>> reset, Action<T, bool> changed, CancellationToken cancellationToken)
    {
        if (place.Version is null)
        {
            var all = await list(cancellationToken);
            reset(all.Items);
            place.Version = all.Metadata.ResourceVersion;
        }

        var heard = false;
        try
        {
            await HearAsync(place, changed, () => heard = true, cancellationToken);
        }
        catch (Exception e) when (heard && ApiFaults.IsTransient(e, cancellationToken))
        {
            // It worked for a while: what comes next begins with short delays again.
        }
    }

    private async Task HearAsync(Place place, Action<T, bool> changed, Action heard, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(TimeSpan.FromSeconds(SecondsAtMost + 30));
        Exception? error = null;
        await foreach (var (type, item) in watch(place.Version!, e => error ??= e, silence.Token))
        {
            if (error is not null)
                break;
            heard();
            if (type is WatchEventType.Added or WatchEventType.Modified or WatchEventType.Deleted)
                changed(item, type == WatchEventType.Deleted);
            place.Version = item.Metadata.ResourceVersion;
        }

        if (error is not null)
            ExceptionDispatchInfo.Throw(error);
    }

    private sealed class Place
    {
        public string? Version { get; set; }
    }
}
