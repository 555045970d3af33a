using System.Globalization;
using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Simulation;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Api;

/// <summary>Single objects and lists. A list that is read page by page is one of a single moment: the pages are kept.</summary>
internal sealed class Reads(World world)
{
    private readonly Dictionary<string, (long Revision, List<StoredObject> Items)> _pages = [];
    private int _nextPage;

    public ApiAnswer Get(ApiCall call) => ApiAnswer.Of(200, Find(call));

    public StoredObject Find(ApiCall call) =>
        world.Store.Find(call.Type, call.Namespace ?? "", call.Name!) ?? throw ApiError.NotFound(call.Type, call.Name!);

    public ApiAnswer List(ApiCall call)
    {
        var selector = Selector.Of(call);
        var (revision, items) = call.Query["continue"] is [{ Length: > 0 } token]
            ? TakePage(token)
            : (world.Store.Revision, world.Store.List(call.Type, call.Namespace).Where(selector.Matches).ToList());
        var meta = new JsonObject { ["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture) };
        if (int.TryParse(call.Query["limit"], CultureInfo.InvariantCulture, out var limit) && limit > 0 && items.Count > limit)
        {
            meta["continue"] = KeepPage(revision, items[limit..]);
            if (selector.IsEmpty)
                meta["remainingItemCount"] = items.Count - limit;
            items = items[..limit];
        }

        return new ApiAnswer(200, ApiJson.List(call.Type, items, meta));
    }

    private string KeepPage(long revision, List<StoredObject> rest)
    {
        var token = $"page-{_nextPage++}";
        _pages[token] = (revision, rest);
        return token;
    }

    private (long Revision, List<StoredObject> Items) TakePage(string token)
    {
        if (_pages.TryGetValue(token, out var page) && page.Revision >= world.Store.Compacted)
            return page;
        throw ApiError.Expired(
            "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue "
            + "parameter, or use the continue token in this response to retrieve the remainder of the results.");
    }
}
