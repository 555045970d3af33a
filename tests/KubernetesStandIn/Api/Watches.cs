using System.Globalization;
using Microsoft.AspNetCore.Http;
using Migration.KubernetesStandIn.Simulation;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Api;

/// <summary>Streams changes to those who watch, from the present or from a revision that they know.</summary>
internal sealed class Watches
{
    private static readonly TimeSpan BetweenBookmarks = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(45);

    private readonly World _world;
    private readonly ApiFaults _faults;
    private readonly HashSet<WatchStream> _open = [];

    public Watches(World world, ApiFaults faults)
    {
        (_world, _faults) = (world, faults);
        world.Store.Changed += change =>
        {
            foreach (var watch in _open)
                watch.Offer(change);
        };
    }

    public int Open
    {
        get
        {
            lock (_world.Gate)
                return _open.Count;
        }
    }

    /// <summary>Ends all streams: in order, by cutting the connection, or with a line that says the revision has expired.</summary>
    public void End(WatchEnd how)
    {
        lock (_world.Gate)
        {
            foreach (var watch in _open.ToList())
                watch.End(how);
        }
    }

    /// <param name="begun">Called when the watch is accepted, before anything of it is sent.</param>
    public async Task ServeAsync(ApiCall call, HttpContext context, Action begun)
    {
        WatchStream watch;
        lock (_world.Gate)
        {
            watch = Start(call);
            _open.Add(watch);
        }

        try
        {
            begun();
            await watch.WriteAsync(context);
        }
        finally
        {
            lock (_world.Gate)
                _open.Remove(watch);
        }
    }

    private WatchStream Start(ApiCall call)
    {
        var watch = new WatchStream(call, Selector.Of(call));
        var revision = (string?)call.Query["resourceVersion"];
        if (string.IsNullOrEmpty(revision) || revision == "0" || call.Query["sendInitialEvents"] == "true")
            Begin(watch, call);
        else
            Resume(watch, call, revision);
        PlanEnd(watch, call);
        return watch;
    }

    private void Begin(WatchStream watch, ApiCall call)
    {
        foreach (var stored in _world.Store.List(call.Type, call.Namespace))
            watch.Offer(new StoreChange(ChangeKind.Added, null, stored));
        watch.Bookmark(_world.Store.Revision, endsInitial: true);
    }

    private void Resume(WatchStream watch, ApiCall call, string text)
    {
        if (!long.TryParse(text, CultureInfo.InvariantCulture, out var revision))
        {
            throw new ApiError(
                400, "BadRequest", $"resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax");
        }

        if (_world.Store.Since(call.Type, revision) is not { } changes)
        {
            var error = ApiError.Expired($"too old resource version: {revision} ({_world.Store.Compacted + 1})");
            if (_faults.ExpiredWatchAsHttp)
                throw error;
            watch.Fail(error);
            return;
        }

        foreach (var change in changes)
            watch.Offer(change);
    }

    private void PlanEnd(WatchStream watch, ApiCall call)
    {
        var timeout = int.TryParse(call.Query["timeoutSeconds"], CultureInfo.InvariantCulture, out var seconds) && seconds > 0
            ? TimeSpan.FromSeconds(seconds) : DefaultTimeout;
        _world.Time.After(timeout, () =>
        {
            watch.Bookmark(_world.Store.Revision, endsInitial: false);
            watch.End(WatchEnd.InOrder);
        });
        _world.Time.After(BetweenBookmarks, () => Bookmark(watch));
    }

    private void Bookmark(WatchStream watch)
    {
        if (!_open.Contains(watch))
            return;
        watch.Bookmark(_world.Store.Revision, endsInitial: false);
        _world.Time.After(BetweenBookmarks, () => Bookmark(watch));
    }
}
