using Microsoft.Extensions.Time.Testing;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Building;
using Migration.TestServers;
using Npgsql;

namespace Migration.Coordinator.Tests.Building;

/// <summary>What is made of tables once their rows are in, by a real PostgreSQL.</summary>
public sealed class BuilderTests
{
    private const string Everything =
        """
        indexes: [vendor, { columns: [vendor, { column: price, descending: true }] }, { columns: tags, method: gin },
          { columns: [{ column: document, operators: jsonb_path_ops }], method: gin, name: documents },
          { columns: price, unique: true, where: price > 50, name: dear }],
        unique: [[vendor, price]],
        foreignKeys: [{ columns: vendor, references: vendors, onDelete: cascade }]
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_the_file_asks_for_is_built_and_told_with_its_time()
    {
        await using var bed = await BuildBed.CreateAsync();
        await bed.ExecuteAsync("INSERT INTO shop.products (id) VALUES ('of no vendor')");

        var builds = await bed.BuildAsync(BuildBed.File(Everything));

        Assert.Equal(
            [
                "CREATE INDEX documents ON shop.products USING gin (document jsonb_path_ops)",
                "CREATE INDEX products_tags_idx ON shop.products USING gin (tags)",
                "CREATE INDEX products_vendor_idx ON shop.products USING btree (vendor)",
                "CREATE INDEX products_vendor_price_idx ON shop.products USING btree (vendor, price DESC)",
                "CREATE UNIQUE INDEX dear ON shop.products USING btree (price) WHERE (price > (50)::numeric)",
                "CREATE UNIQUE INDEX products_vendor_price_key ON shop.products USING btree (vendor, price)",
                "products_vendor_fkey FOREIGN KEY (vendor) REFERENCES shop.vendors(id) ON DELETE CASCADE",
                "products_vendor_price_key UNIQUE (vendor, price)",
            ],
            (await bed.HasAsync("products")).Order(StringComparer.Ordinal));
        Assert.All(builds, build => Assert.True(build is { State: BuildState.Built, Attempts: 1, Seconds: >= 0 }, $"{build}"));
        Assert.Contains("After the load: index products_vendor_idx on shop.products (vendor)", bed.Said.Rows);
        Assert.Contains(bed.Said.Rows, row => row.StartsWith("Foreign key products_vendor_fkey of shop.products: built in ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_second_time_nothing_is_built_again()
    {
        const string Built = "SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_class WHERE relnamespace = 'shop'::regnamespace";
        await using var bed = await BuildBed.CreateAsync();
        await bed.BuildAsync(BuildBed.File(Everything));
        var before = await bed.TextsAsync(Built);

        var builds = await bed.BuildAsync(BuildBed.File(Everything));

        Assert.Equal(before, await bed.TextsAsync(Built));
        Assert.All(
            builds.Where(build => build.Id.Kind is BuildKind.Index or BuildKind.ForeignKey),
            build => Assert.True(build is { State: BuildState.Built, Attempts: 1 }, $"{build}"));
    }

    [Fact]
    public async Task What_is_there_already_is_left_alone_whatever_it_is_called()
    {
        await using var bed = await BuildBed.CreateAsync();
        await bed.ExecuteAsync(
            """
            CREATE INDEX mine ON shop.products (vendor) WHERE price > 5;
            ALTER TABLE shop.products ADD CONSTRAINT own FOREIGN KEY (vendor) REFERENCES shop.vendors;
            """);
        var before = await bed.HasAsync("products");

        var builds = await bed.BuildAsync(BuildBed.File(
            "indexes: [{ columns: vendor, where: 'price>5' }], foreignKeys: [{ columns: vendor, references: vendors }]"));

        Assert.Equal(before, await bed.HasAsync("products"));
        Assert.Equal([BuildState.Present, BuildState.Present], builds.Where(build => build.Id.Table == "shop.products").Select(build => build.State));
    }

    [Fact]
    public async Task Keys_that_are_not_unique_are_told_and_hold_up_nothing_else()
    {
        await using var bed = await BuildBed.CreateAsync();

        var builds = await bed.BuildAsync(BuildBed.File("indexes: [price]", "unique: [name]"));

        var refused = Assert.Single(builds, build => build.State == BuildState.Failed);
        Assert.Equal(new BuildId(BuildKind.Index, "shop.vendors", "vendors_name_key"), refused.Id);
        Assert.Equal(((long?)2, "Vendor 1"), (refused.Violations, Assert.Single(refused.Samples)));
        Assert.StartsWith("2 rows share 1 key of (name), for example Vendor 1. ", refused.Note, StringComparison.Ordinal);
        Assert.Empty(await bed.HasAsync("vendors"));
        Assert.Single(await bed.HasAsync("products"));
    }

    [Fact]
    public async Task A_foreign_key_that_rows_violate_is_not_there_names_them_and_is_built_once_they_are_mended()
    {
        await using var bed = await BuildBed.CreateAsync();
        await bed.ExecuteAsync("INSERT INTO shop.products (id, vendor) VALUES ('p1', 'v98'), ('p2', 'v99') ON CONFLICT (id) DO UPDATE SET vendor = excluded.vendor");
        var file = BuildBed.File("foreignKeys: [{ columns: vendor, references: vendors }]");

        var refused = Assert.Single(await bed.BuildAsync(file), build => build.Id.Kind == BuildKind.ForeignKey);

        Assert.Equal((BuildState.Failed, (long?)2), (refused.State, refused.Violations));
        Assert.Equal(["p1 refers to v98", "p2 refers to v99"], refused.Samples.Order(StringComparer.Ordinal));
        Assert.StartsWith("2 rows refer to what is not in shop.vendors, for example p", refused.Note, StringComparison.Ordinal);
        Assert.Empty(await bed.HasAsync("products"));
        await bed.ExecuteAsync("INSERT INTO shop.vendors (id) VALUES ('v98'), ('v99')");

        var built = Assert.Single(await bed.BuildAsync(file), build => build.Id.Kind == BuildKind.ForeignKey);

        Assert.True(built is { State: BuildState.Built, Attempts: 2, Note: null, Violations: null, Samples: [] }, $"{built}");
        Assert.Equal(["products_vendor_fkey FOREIGN KEY (vendor) REFERENCES shop.vendors(id)"], await bed.HasAsync("products"));
    }

    [Fact]
    public async Task Something_else_of_the_same_name_is_left_as_it_is_and_told()
    {
        await using var bed = await BuildBed.CreateAsync();
        await bed.ExecuteAsync(
            """
            CREATE INDEX products_vendor_idx ON shop.products (price, id);
            CREATE INDEX products_price_idx ON shop.products (price DESC);
            CREATE TABLE shop.taken ();
            ALTER TABLE shop.products ADD CONSTRAINT products_vendor_fkey CHECK (price > 0);
            """);
        var before = await bed.HasAsync("products");
        var file = BuildBed.File("indexes: [vendor, price, { columns: tags, name: taken }], foreignKeys: [{ columns: vendor, references: vendors }]");

        var builds = (await bed.BuildAsync(file)).Where(build => build.Id.Table == "shop.products").ToList();

        Assert.Equal(before, await bed.HasAsync("products"));
        Assert.All(builds, build => Assert.Equal(BuildState.Failed, build.State));
        Assert.StartsWith("something else has the name products_vendor_idx in schema shop, and is left as it is.", builds[0].Note, StringComparison.Ordinal);
        Assert.StartsWith("shop.products has another constraint products_vendor_fkey, which is left as it is.", builds[3].Note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sequence_goes_past_the_largest_value_and_never_back()
    {
        const string Next = "SELECT nextval(pg_get_serial_sequence('shop.vendors', 'number'))::text";
        await using var bed = await BuildBed.CreateAsync();

        var set = Assert.Single(await bed.BuildAsync(BuildBed.File("")));
        Assert.Equal((BuildKind.Sequence, BuildState.Built, "set to 10"), (set.Id.Kind, set.State, set.Note));
        Assert.Equal(["11"], await bed.TextsAsync(Next));

        Assert.Equal("is past them already", Assert.Single(await bed.BuildAsync(BuildBed.File(""))).Note);
        Assert.Equal(["12"], await bed.TextsAsync(Next));
    }

    [Fact]
    public async Task Statistics_are_taken_unless_the_file_says_not_to()
    {
        const string Rows = "SELECT reltuples::text FROM pg_class WHERE oid = 'shop.products'::regclass";
        await using var bed = await BuildBed.CreateAsync();
        await bed.ExecuteAsync("ALTER TABLE shop.products SET (autovacuum_enabled = false)");
        await bed.BuildAsync(BuildBed.File(""));
        Assert.Equal(["-1"], await bed.TextsAsync(Rows));

        var builds = await bed.BuildAsync(BuildBed.File("", analyze: true));

        Assert.Equal(["100"], await bed.TextsAsync(Rows));
        Assert.Equal(2, builds.Count(build => build is { Id.Kind: BuildKind.Analyze, State: BuildState.Built }));
    }

    [Fact]
    public async Task As_many_are_built_at_a_time_as_the_file_allows()
    {
        await using var bed = await BuildBed.CreateAsync();
        await using var writer = await HoldOffIndexesAsync(bed);
        var file = BuildBed.File("indexes: [vendor, price, [vendor, price], [price, vendor]]");
        await using var builder = await bed.StartAsync(file with { Target = file.Target with { ParallelBuilds = 3 } }, Cancellation);
        builder.Loaded("products");
        await AreWaitingAsync(bed, 3);

        await writer.DisposeAsync();
        builder.NothingMoreComes();
        await builder.Completion;

        Assert.Equal(4, (await bed.HasAsync("products")).Count);
    }

    [Fact]
    public async Task What_waits_for_a_collection_that_is_not_loaded_goes_on_waiting()
    {
        await using var bed = await BuildBed.CreateAsync();
        await using var builder = await bed.StartAsync(
            BuildBed.File("indexes: [vendor], foreignKeys: [{ columns: vendor, references: vendors }]"), Cancellation);

        builder.Loaded("products");
        builder.NothingMoreComes();
        await builder.Completion;

        Assert.Equal(
            [(BuildKind.Index, BuildState.Built), (BuildKind.Sequence, BuildState.Waiting), (BuildKind.ForeignKey, BuildState.Waiting)],
            (await bed.ListAsync()).Select(build => (build.Id.Kind, build.State)));
    }

    [Fact]
    public async Task What_a_killed_coordinator_had_begun_is_waited_for_and_not_begun_anew()
    {
        await using var bed = await BuildBed.CreateAsync();
        var file = BuildBed.File("indexes: [vendor]");
        await using var writer = await HoldOffIndexesAsync(bed);
        using var goes = new CancellationTokenSource();
        var killed = BeginAsKilledAsync(bed, file, goes.Token);
        await AreWaitingAsync(bed, 1);

        var building = bed.BuildAsync(file);
        await IsTrueAsync(async () => await bed.TextsAsync("SELECT count(*)::text FROM pg_stat_activity WHERE state = 'idle' AND query LIKE '%pg_terminate_backend(pid)%' AND datname = current_database() AND application_name LIKE 'migration build %'") is ["1"]);
        await writer.DisposeAsync();
        var builds = await building;

        Assert.Equal(["CREATE INDEX products_vendor_idx ON shop.products USING btree (vendor)"], await bed.HasAsync("products"));
        Assert.True(builds[0] is { State: BuildState.Built, Attempts: 1 }, $"{builds[0]}");
        Assert.Contains(bed.Said.Rows, row => row.StartsWith("Waiting for an earlier attempt at index products_vendor_idx of shop.products: PostgreSQL's process ", StringComparison.Ordinal));
        await goes.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => killed);
    }

    [Fact]
    public async Task A_build_whose_link_is_lost_without_a_word_is_made_again()
    {
        await using var bed = await BuildBed.CreateAsync();
        var server = new NpgsqlConnectionStringBuilder(bed.ConnectionString);
        await using var proxy = new TcpProxy(server.Host!, server.Port);
        var link = new NpgsqlConnectionStringBuilder(bed.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port }.ConnectionString;
        await using var writer = await HoldOffIndexesAsync(bed);
        var time = new FakeTimeProvider();
        var file = BuildBed.File("indexes: [vendor]");
        await using var builder = await bed.StartAsync(file, Cancellation, link, time);
        builder.Loaded("products");
        builder.Loaded("vendors");
        await AreWaitingAsync(bed, 1);

        proxy.LeaveHalfOpen();
        await writer.DisposeAsync();
        await IsTrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(builder.Completion.IsCompleted);
        });

        await builder.Completion;
        Assert.Equal(["CREATE INDEX products_vendor_idx ON shop.products USING btree (vendor)"], await bed.HasAsync("products"));
        Assert.True((await bed.ListAsync())[0] is { State: BuildState.Built, Attempts: 1 }, $"{(await bed.ListAsync())[0]}");
    }

    [Fact]
    public async Task What_was_interrupted_between_two_statements_is_finished()
    {
        await using var bed = await BuildBed.CreateAsync();
        var file = BuildBed.File("unique: [price], foreignKeys: [{ columns: vendor, references: vendors }]");
        await bed.ExecuteAsync(
            """
            CREATE UNIQUE INDEX products_price_key ON shop.products (price);
            ALTER TABLE shop.products ADD CONSTRAINT products_vendor_fkey FOREIGN KEY (vendor) REFERENCES shop.vendors NOT VALID;
            """);

        await bed.BuildAsync(file);

        Assert.Equal(
            [
                "CREATE UNIQUE INDEX products_price_key ON shop.products USING btree (price)",
                "products_price_key UNIQUE (price)",
                "products_vendor_fkey FOREIGN KEY (vendor) REFERENCES shop.vendors(id)",
            ],
            (await bed.HasAsync("products")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_the_file_asks_for_no_more_is_forgotten_and_stays()
    {
        await using var bed = await BuildBed.CreateAsync();
        await bed.BuildAsync(BuildBed.File("indexes: [vendor, price]"));

        var builds = await bed.BuildAsync(BuildBed.File("indexes: [price]"));

        Assert.Equal(["products_price_idx"], builds.Where(build => build.Id.Kind == BuildKind.Index).Select(build => build.Id.Name));
        Assert.Equal(2, (await bed.HasAsync("products")).Count);
    }

    /// <summary>As somebody does who writes to the table: no index can be made meanwhile.</summary>
    private static async Task<NpgsqlConnection> HoldOffIndexesAsync(BuildBed bed)
    {
        var writer = await bed.Target.OpenConnectionAsync(Cancellation);
        await using var command = new NpgsqlCommand("BEGIN; LOCK TABLE shop.products IN ROW EXCLUSIVE MODE", writer);
        await command.ExecuteNonQueryAsync(Cancellation);
        return writer;
    }

    /// <summary>What a coordinator began that is gone: PostgreSQL goes on with it, then its session does nothing more.</summary>
    private static async Task BeginAsKilledAsync(BuildBed bed, MigrationFile file, CancellationToken goes)
    {
        var build = BuildList.Of(BuildTable.Of(file), new Dictionary<TableName, IReadOnlyList<(string, string)>>())[0];
        var ledger = new BuildLedger(bed.Target);
        await ledger.NoteAsync(bed.RunId, [(build.Id, build.Definition)], Cancellation);
        await ledger.BeginAsync(bed.RunId, build.Id, Cancellation);
        await new BuildSessions(bed.ConnectionString, bed.Target, bed.RunId, TimeProvider.System).UseAsync(
            0, _ => { },
            async (session, _) =>
            {
                await build.MakeAsync(session, () => Task.CompletedTask, wasBegun: false, CancellationToken.None);
                await Task.Delay(Timeout.Infinite, goes);
                return true;
            },
            CancellationToken.None);
    }

    private static Task AreWaitingAsync(BuildBed bed, int sessions) => IsTrueAsync(async () => await bed.TextsAsync(
        "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'migration build %' AND wait_event_type = 'Lock'") is [var count]
        && count == $"{sessions}");

    private static async Task IsTrueAsync(Func<Task<bool>> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (!await condition())
            await Task.Delay(20, patience.Token);
    }
}
