using Migration.Chaos.Tests.Arenas;
using Migration.Chaos.Tests.Schedules;
using Npgsql;

namespace Migration.Chaos.Tests;

/// <summary>Where one schedule is performed: its database, run, links, programs and marks.</summary>
internal sealed class Theatre : IAsyncDisposable
{
    private Theatre(Arena arena, Schedule schedule, ShopSource shop, TestBed bed, Links links, string database, PlaceService? places)
    {
        (Arena, Schedule, Shop, Bed, Links, Database, Places) = (arena, schedule, shop, bed, links, database, places);
        Marks = new Marks(bed.Folder);
        Crew = new Crew(this);
    }

    public Arena Arena { get; }

    public Schedule Schedule { get; }

    public ShopSource Shop { get; }

    public TestBed Bed { get; }

    /// <summary>The name of the target database.</summary>
    public string Database { get; }

    public Links Links { get; }

    /// <summary>Null where nothing is enriched.</summary>
    public PlaceService? Places { get; }

    public Marks Marks { get; }

    public Crew Crew { get; }

    /// <summary>Restarts of a broker that had broken down by itself.</summary>
    public int BrokerRestarts { get; set; }

    public static async Task<Theatre> OpenAsync(Arena arena, Schedule schedule, CancellationToken cancellation)
    {
        var shop = await arena.Shops.GetAsync(schedule.Shop, cancellation);
        var database = FormattableString.Invariant($"chaos_{Environment.ProcessId}_{Math.Abs((long)schedule.Seed)}");
        var target = await arena.CreateDatabaseAsync(database, cancellation);
        var links = new Links(arena, target);
        var bed = await TestBed.CreateAsync(
            new UriBuilder(target) { Query = "Application Name=chaos" }.Uri, arena.Broker.Uri, "", schedule.File, cancellation);
        await bed.SetDatabaseAsync(shop.Folder, cancellation);
        var places = schedule.IsEnriched ? await PlaceService.StartAsync(schedule.Seed, schedule.HasPhotos ? Path.Combine(bed.Folder, "photos") : null, cancellation) : null;
        await (places?.EnrichAsync(bed, cancellation) ?? Task.CompletedTask);
        return new Theatre(arena, schedule, shop, bed, links, database, places);
    }

    /// <summary>-1 while the target is away.</summary>
    public async Task<long> RecordsDoneAsync(CancellationToken cancellation)
    {
        try
        {
            return await Bed.Ledger.ReadAsync(cancellation);
        }
        catch (NpgsqlException)
        {
            return -1;
        }
    }

    /// <summary>As the ledger has it; the coordinator may still have things to do. False while the target is away.</summary>
    public async Task<bool> IsCompletedAsync(CancellationToken cancellation)
    {
        // The first answer may be that of a connection which ended with the target's last crash.
        for (var tries = 0; tries < 2; tries++)
        {
            try
            {
                return await Bed.Ledger.StateAsync(cancellation) == "completed";
            }
            catch (NpgsqlException)
            {
                Bed.Target.Clear();
            }
        }

        return false;
    }

    /// <summary>False when the run was over before the condition came true, which is then none to wait for any more.</summary>
    public async Task<bool> UntilAsync(string condition, Func<Task<bool>> holds, CancellationToken cancellation)
    {
        var isOver = false;
        await Until.TrueAsync(
            condition,
            async () => await holds() || (isOver = Crew.RunIsOver),
            cancellation);
        return !isOver;
    }

    /// <summary>On the target, beside the links.</summary>
    public async Task<T> AskAsync<T>(string sql, CancellationToken cancellation)
    {
        await using var command = Bed.Target.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(cancellation))!;
    }

    public async ValueTask DisposeAsync()
    {
        await Bed.DisposeAsync();
        await (Places?.DisposeAsync() ?? ValueTask.CompletedTask);
        await Links.DisposeAsync();
        await Arena.MakeReadyAsync(CancellationToken.None);
        await Arena.DropDatabaseAsync(Database, CancellationToken.None);
    }
}
