using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Api;

/// <summary>How a watch ends that its client did not end.</summary>
public enum WatchEnd
{
    /// <summary>The stream is over, as after <c>timeoutSeconds</c>.</summary>
    InOrder,

    /// <summary>The connection is reset.</summary>
    Cut,

    /// <summary>A line of type ERROR with code 410 comes last.</summary>
    Expired,
}

/// <summary>One open watch: lines are queued under the cluster's lock and written outside of it.</summary>
internal sealed class WatchStream(ApiCall call, Selector selector)
{
    private readonly Channel<Func<byte[]>> _lines = Channel.CreateUnbounded<Func<byte[]>>(new UnboundedChannelOptions { SingleReader = true });
    private bool _isCut;

    /// <summary>An object that comes to match the selector is added to this watch, one that ceases to is deleted from it.</summary>
    public void Offer(StoreChange change)
    {
        if (change.Type != call.Type || (call.Namespace is { } inside && change.After.Value.Namespace() != inside))
            return;
        var did = change.Before is { } before && selector.Matches(before);
        var does = change.Kind != ChangeKind.Deleted && selector.Matches(change.After);
        var type = (did, does) switch
        {
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
            _ => null,
        };
        if (type is not null)
            _lines.Writer.TryWrite(() => ApiJson.WatchLine(type, ApiJson.Whole(change.After)));
    }

    public void Bookmark(long revision, bool endsInitial)
    {
        if (call.Query["allowWatchBookmarks"] == "true")
            _lines.Writer.TryWrite(() => ApiJson.Bookmark(call.Type, revision, endsInitial));
    }

    public void Fail(ApiError error)
    {
        _lines.Writer.TryWrite(() => ApiJson.WatchLine("ERROR", JsonSerializer.SerializeToUtf8Bytes(error.ToStatus(), JsonPaths.Lenient)));
        _lines.Writer.TryComplete();
    }

    public void End(WatchEnd how)
    {
        _isCut = how == WatchEnd.Cut;
        if (how == WatchEnd.Expired)
            Fail(ApiError.Expired("The resourceVersion for the provided watch is too old."));
        _lines.Writer.TryComplete();
    }

    public async Task WriteAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await foreach (var first in _lines.Reader.ReadAllAsync(context.RequestAborted))
        {
            await context.Response.Body.WriteAsync(first(), context.RequestAborted);
            while (_lines.Reader.TryRead(out var more))
                await context.Response.Body.WriteAsync(more(), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }

        if (_isCut)
            context.Abort();
    }
}
