using Migration.ChaosHook;
using Migration.Worker;

namespace Migration.Chaos.Tests;

/// <summary>The hook itself: what is ordered happens, where and as often as it was ordered.</summary>
public sealed class HookTests
{
    private const string OfCoordinator = "coordinator/collection-planned";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("a:coordinator/before-verdict=kill")]
    [InlineData("b-2:worker/before-map[64f0]@3*=hang")]
    [InlineData("c:slice-split=delay,20")]
    public void An_order_is_read_as_it_is_written(string text) => Assert.Equal(text, ChaosOrder.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("coordinator/before-verdict=kill")]
    [InlineData("a:broker/before-verdict=kill")]
    [InlineData("a:before-verdict")]
    public void What_is_no_order_is_refused(string text) => Assert.Throws<FormatException>(() => ChaosOrder.Parse(text));

    [Fact]
    public void An_order_is_met_at_its_passage_of_its_point_and_detail_and_by_one_process_only()
    {
        var folder = Directory.CreateTempSubdirectory("migration-hook-").FullName;
        var order = ChaosOrder.Parse("a:worker/before-map[64f0]@3=throw");
        var (first, second) = (new ChaosOrders([order], folder, "worker"), new ChaosOrders([order], folder, "worker"));
        var other = new ChaosOrders([order], folder, "coordinator");

        for (var i = 0; i < 9; i++)
        {
            other.Reached("before-map", "64f0");
            first.Reached("before-map", "64f1");
            first.Reached("before-read", "64f0");
        }

        first.Reached("before-map", "64f0");
        first.Reached("before-map", "64f0");
        Assert.Throws<InvalidOperationException>(() => first.Reached("before-map", "{64f0}"));
        for (var i = 0; i < 9; i++)
        {
            first.Reached("before-map", "64f0");
            second.Reached("before-map", "64f0");
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void An_order_for_every_time_is_met_every_time()
    {
        var folder = Directory.CreateTempSubdirectory("migration-hook-").FullName;
        var orders = new ChaosOrders([ChaosOrder.Parse("a:before-map[64f0]*=throw")], folder, "worker");

        orders.Reached("before-map", "64f1");
        for (var i = 0; i < 3; i++)
            Assert.Throws<InvalidOperationException>(() => orders.Reached("before-map", "64f0"));

        Assert.Equal(3, Directory.GetFiles(folder, "a.*.met").Length);
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("kill", 137)]
    [InlineData("term", ExitCode.Interrupted)]
    [InlineData("overflow", 134)]
    [InlineData("throw", ExitCode.Unexpected)]
    [InlineData("allocate", ExitCode.Unexpected)]
    [InlineData("delay,1", ExitCode.Done)]
    public async Task A_process_does_to_itself_what_it_was_ordered_to(string deed, int exitCode)
    {
        await using var bed = await CreateAsync($"a:{OfCoordinator}={deed}");

        await bed.StartRun("--in-process").EndsWithAsync(exitCode, Cancellation);

        Assert.True(File.Exists(Path.Combine(bed.Folder, "a.met")));
    }

    [Fact]
    public async Task A_process_that_is_stopped_goes_on_when_it_is_told_to()
    {
        await using var bed = await CreateAsync($"a:{OfCoordinator}=stop");
        var program = bed.StartRun("--in-process");

        await Until.TrueAsync("the process is stopped", () => Task.FromResult(
            File.ReadAllText($"/proc/{program.Id}/stat").Contains(") T ", StringComparison.Ordinal)), Cancellation);
        Assert.Equal("planning", await bed.Ledger.StateAsync(Cancellation));

        program.Continue();
        await program.EndsWithAsync(ExitCode.Done, Cancellation);
    }

    [Fact]
    public async Task A_process_that_holds_goes_on_when_it_is_let_go()
    {
        await using var bed = await CreateAsync($"a:{OfCoordinator}=hold");
        var program = bed.StartRun("--in-process");

        await Until.TrueAsync(
            "the process holds", () => Task.FromResult(File.Exists(Path.Combine(bed.Folder, "a.met"))), Cancellation);
        Assert.Equal("planning", await bed.Ledger.StateAsync(Cancellation));

        await File.WriteAllTextAsync(Path.Combine(bed.Folder, "a.go"), "", Cancellation);
        await program.EndsWithAsync(ExitCode.Done, Cancellation);
    }

    private static async Task<TestBed> CreateAsync(string order)
    {
        var bed = await TestBed.CreateAsync(await ShopSource.DumpAsync(new(50), Cancellation), null, Cancellation);
        bed.Environment["DOTNET_STARTUP_HOOKS"] = typeof(ChaosOrder).Assembly.Location;
        bed.Environment["DOTNET_GCHeapHardLimit"] = order.EndsWith("allocate", StringComparison.Ordinal) ? "C000000" : null;
        bed.Environment[ChaosOrders.OrdersVariable] = order;
        bed.Environment[ChaosOrders.MarksVariable] = bed.Folder;
        return bed;
    }
}
