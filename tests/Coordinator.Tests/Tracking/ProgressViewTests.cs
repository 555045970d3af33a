using Microsoft.Extensions.Time.Testing;
using Migration.Contracts.Ledger;
using Migration.Coordinator.Tracking;
using Npgsql;

namespace Migration.Coordinator.Tests.Tracking;

public sealed class ProgressViewTests
{
    private static readonly RunRecord Run = new(
        Guid.NewGuid(), "shop", RunState.Running, "{}", "hash", null, DateTimeOffset.UnixEpoch, null, null);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 12, 3, 4, TimeSpan.Zero));

    [Fact]
    public async Task A_pipe_gets_a_line_every_two_seconds_and_one_at_the_end()
    {
        await using var ledger = await TestLedger.CreateAsync();
        var run = await ledger.StartRunAsync();
        await ledger.TakeAsync(0, "host:1");
        await ledger.TakeAsync(1, "host:2");
        var pipe = new TestTerminal(80, 24, isTerminal: false);

        await using (var view = new ProgressView(
            pipe.Console, run, new WorkerLedger(ledger.Target), TimeSpan.FromMinutes(1), _time))
        {
            for (var look = 0; look <= 9; look++)
            {
                await view.ShowAsync([Products(24_000 + (look * 3_000), quarantined: 4)], TestLedger.Cancellation);
                _time.Advance(TimeSpan.FromSeconds(0.5));
            }
        }

        Assert.Equal(
            [
                "12:03:04  products 24,000/60,000 (40%)  2 workers  4 quarantined",
                "12:03:06  products 36,000/60,000 (60%)  6,000/s  4 s left  2 workers  4 quarantined",
                "12:03:08  products 48,000/60,000 (80%)  6,000/s  2 s left  2 workers  4 quarantined",
                "12:03:09  products 51,000/60,000 (85%)  6,000/s  2 s left  2 workers  4 quarantined",
            ],
            pipe.Rows);
    }

    [Fact]
    public async Task A_paused_collection_is_named_and_not_called_done()
    {
        await using var away = Away();
        var paused = Products(24_000, quarantined: 1_001) with { PausedAt = DateTimeOffset.UnixEpoch, PauseReason = "a test" };
        var (pipe, terminal) = (new TestTerminal(80, 24, isTerminal: false), new TestTerminal(120, 24));

        foreach (var screen in new[] { pipe, terminal })
        {
            await using var view = View(screen, away);
            await view.ShowAsync([paused, Customers()], TestLedger.Cancellation);
        }

        Assert.Contains("  1,001 quarantined  products paused  products 40%", pipe.Text, StringComparison.Ordinal);
        Assert.Matches(@"^products .* 40%  24,000/60,000 +over .* paused  1,001 quarantined$", terminal.Rows[1]);
    }

    [Fact]
    public async Task A_terminal_gets_lines_that_are_rewritten_in_place()
    {
        var terminal = new TestTerminal(100, 24);
        await using var away = Away();
        await using var view = View(terminal, away);

        await view.ShowAsync([Products(0), Customers()], TestLedger.Cancellation);
        _time.Advance(TimeSpan.FromSeconds(1));
        await view.ShowAsync([Products(30_000, quarantined: 4), Customers()], TestLedger.Cancellation);

        Assert.Equal(4, terminal.Rows.Count);
        Assert.Equal("shop  1 s  0 workers", terminal.Rows[0]);
        Assert.Matches(@"^products   ━+─+  50%  30,000/60,000  30,000/s  1 s left  0/4 slices  4 quarantined$", terminal.Rows[1]);
        Assert.Matches(@"^customers  ─+ +0%          0/500 +0/1 slices$", terminal.Rows[2]);
        Assert.StartsWith("all", terminal.Rows[3], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(80, 24)]
    [InlineData(40, 10)]
    [InlineData(20, 3)]
    [InlineData(10, 2)]
    [InlineData(3, 2)]
    [InlineData(1, 2)]
    public async Task A_small_terminal_gets_what_fits(int width, int height)
    {
        var terminal = new TestTerminal(width, height);
        await using var away = Away();
        await using var view = View(terminal, away);

        for (var look = 0; look < 4; look++)
        {
            await view.ShowAsync([Products(look * 20_000), Customers()], TestLedger.Cancellation);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(terminal.Rows.Count, 1, Math.Max(1, height - 1));
        Assert.All(terminal.Rows, row => Assert.InRange(row.Length, 0, width));
    }

    [Fact]
    public async Task Of_many_collections_those_under_way_are_shown_first()
    {
        var terminal = new TestTerminal(80, 6);
        await using var away = Away();
        await using var view = View(terminal, away);
        var many = Enumerable.Range(0, 20).Select(i => Collection($"c{i}", i == 17 ? 5 : 0, 10, 1)).ToList();

        await view.ShowAsync(many, TestLedger.Cancellation);

        Assert.Contains(terminal.Rows, row => row.StartsWith("c17", StringComparison.Ordinal));
        Assert.Equal("and 18 more", terminal.Rows[^1]);
    }

    [Fact]
    public async Task A_message_on_standard_error_stays_above_the_progress()
    {
        var terminal = new TestTerminal(80, 24);
        await using var away = Away();
        await using var errors = new ErrorsAboveProgress(terminal);
        await using (var view = View(terminal, away))
        {
            await view.ShowAsync([Products(0)], TestLedger.Cancellation);
            await errors.WriteAsync("a worker ");
            await errors.WriteLineAsync("died");
            await view.ShowAsync([Products(0)], TestLedger.Cancellation);
        }

        await errors.WriteLineAsync("afterwards");

        Assert.Equal("a worker died", terminal.Rows[0]);
        Assert.StartsWith("shop", terminal.Rows[1], StringComparison.Ordinal);
        Assert.StartsWith("products", terminal.Rows[2], StringComparison.Ordinal);
        Assert.Equal("afterwards", terminal.Rows[3]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_closed_output_does_not_stop_the_run(bool isTerminal)
    {
        var broken = new TestTerminal(80, 24, isTerminal) { IsBroken = true };
        await using var away = Away();
        await using var view = View(broken, away);

        await view.ShowAsync([Products(1)], TestLedger.Cancellation);
        broken.IsBroken = false;
        _time.Advance(TimeSpan.FromSeconds(5));
        await view.ShowAsync([Products(2)], TestLedger.Cancellation);

        Assert.Empty(broken.Rows);
    }

    [Fact]
    public async Task All_is_done_only_when_every_slice_has_its_outcome()
    {
        var pipe = new TestTerminal(80, 24, isTerminal: false);
        await using var away = Away();
        await using var view = View(pipe, away);

        await view.ShowAsync([Collection("products", 10, 10, 1)], TestLedger.Cancellation);
        _time.Advance(TimeSpan.FromSeconds(2));
        await view.ShowAsync([Collection("products", 10, 10, 1, completed: 1)], TestLedger.Cancellation);

        Assert.Equal("12:03:04  products 10/10 (99%)  0 workers", pipe.Rows[0]);
        Assert.Equal("12:03:06  products 10/10 (100%)  done  0 workers", pipe.Rows[1]);
    }

    private ProgressView View(TestTerminal terminal, NpgsqlDataSource target)
        => new(terminal.Console, Run, new WorkerLedger(target), TimeSpan.FromMinutes(1), _time);

    /// <summary>A ledger that is away: port 1 answers to nobody. The view shows what it is given all the same.</summary>
    private static NpgsqlDataSource Away() => NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=nobody;Timeout=2");

    private static CollectionProgress Products(long read, long quarantined = 0)
        => Collection("products", read, 60_000, 4, quarantined: quarantined);

    private static CollectionProgress Customers() => Collection("customers", 0, 500, 1);

    private static CollectionProgress Collection(
        string name, long read, long keys, long slices, long quarantined = 0, long completed = 0)
        => new(
            new PlannedCollection(name, "public." + name, true, keys, null),
            new SliceTally(slices, slices - completed, 0, completed, 0),
            new SliceCounts(read, read - quarantined, quarantined, 0), 0, 0, keys);
}
