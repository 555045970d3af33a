using Migration.ChaosHook;
using Migration.Worker;

namespace Migration.Chaos.Tests;

/// <summary>Replays that are killed at every point of theirs, and started again each time.</summary>
public sealed class ReplayTests
{
    private const int Killed = 137;

    private static readonly string[] s_points =
    [
        ProtocolPoint.ReplayWritten, ProtocolPoint.ReplayCommitted, ProtocolPoint.DeadLettersRevived, ProtocolPoint.DeadLettersPublished,
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("kill", Killed)]
    [InlineData("term", ExitCode.Interrupted)]
    public async Task A_replay_that_is_ended_at_each_of_its_points_completes_the_run_when_it_is_started_again(string deed, int exitCode)
    {
        var shop = await ShopSource.DumpAsync(new(1_000), Cancellation);
        var file = new ShopFile { SliceRecords = 25, LeastSliceRecords = 25, MaxAttempts = 1 };
        await using var bed = await TestBed.CreateAsync(shop, file, Cancellation);
        await FailAsync(bed, shop);

        Order(bed, [.. s_points.Select((point, i) => $"e{i}:coordinator/{point}={deed}")]);
        var code = exitCode;
        for (var tries = 0; code == exitCode && tries <= s_points.Length; tries++)
            code = await Replay(bed).WaitAsync(Cancellation);

        Assert.Equal(ExitCode.Done, code);
        Assert.All(s_points.Index(), point => Assert.True(File.Exists(Path.Combine(bed.Folder, $"e{point.Index}.met")), point.Item));
        Assert.Empty(bed.Survivors());
        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }

    /// <summary>A run of which some slices gave up, and some records that have no fault are in quarantine.</summary>
    private static async Task FailAsync(TestBed bed, ShopSource shop)
    {
        var random = new Random(1);
        Order(bed, [.. Enumerable.Range(0, 5).Select(i => Faults.Poison.Of($"p{i}", "throw", shop.Counts, random).Order.ToString()),
            $"s:worker/{ProtocolPoint.BeforeRead}[products, slice 3]*=throw", $"t:worker/{ProtocolPoint.BeforeRead}[orders, slice 1]*=throw"]);
        await bed.StartRun("--local", "--log-folder", bed.Folder).EndsWithAsync(ExitCode.Incomplete, Cancellation);
        Assert.True(await bed.Ledger.NumberAsync("count(*) FILTER (WHERE s.state = 'failed')", Cancellation) > 5);
        Assert.True(await bed.Ledger.NumberAsync("sum(quarantined)", Cancellation) > shop.Counts.Bad);
    }

    private static RunningProgram Replay(TestBed bed)
        => bed.StartCoordinator("replay", bed.Run, "--local", "--workers", "2", "--log-folder", bed.Folder);

    private static void Order(TestBed bed, IReadOnlyList<string> orders)
    {
        bed.Environment["DOTNET_STARTUP_HOOKS"] = typeof(ChaosOrder).Assembly.Location;
        bed.Environment[ChaosOrders.OrdersVariable] = string.Join(';', orders);
        bed.Environment[ChaosOrders.MarksVariable] = bed.Folder;
    }
}
