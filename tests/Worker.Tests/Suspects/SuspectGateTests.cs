using Migration.Worker.Suspects;

namespace Migration.Worker.Tests.Suspects;

public sealed class SuspectGateTests
{
    private readonly SuspectGate _gate = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Slices_pass_side_by_side()
    {
        using var first = await Enter();
        using var second = await Enter();
    }

    [Fact]
    public async Task A_suspect_waits_until_nothing_else_is_in_hand()
    {
        var first = await Enter();
        var second = await Enter();
        var suspect = Enter(alone: true);
        first.Dispose();
        Assert.False(suspect.IsCompleted);
        second.Dispose();
        (await suspect).Dispose();
    }

    [Fact]
    public async Task Nothing_passes_a_suspect_that_is_inside_or_waits()
    {
        var first = await Enter();
        var suspect = Enter(alone: true);
        var (later, another) = (Enter(), Enter(alone: true));
        first.Dispose();
        var inside = await suspect;
        Assert.False(later.IsCompleted);
        inside.Dispose();
        (await later).Dispose();
        (await another).Dispose();
    }

    [Fact]
    public async Task One_that_gives_up_waiting_is_in_nobodys_way()
    {
        var first = await Enter();
        using var patience = new CancellationTokenSource();
        var suspect = _gate.EnterAsync(alone: true, patience.Token);
        var later = Enter();
        Assert.False(later.IsCompleted);

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => suspect);
        (await later).Dispose();
        first.Dispose();
        (await Enter(alone: true)).Dispose();
    }

    [Fact]
    public async Task Those_inside_are_told_when_somebody_waits_to_be_alone()
    {
        var first = await Enter();
        Assert.False(_gate.IsAloneWanted);
        var suspect = Enter(alone: true);
        Assert.True(_gate.IsAloneWanted);
        first.Dispose();
        using var inside = await suspect;
        Assert.False(_gate.IsAloneWanted);
    }

    [Fact]
    public async Task Leaving_twice_counts_once()
    {
        var first = await Enter();
        using var second = await Enter();
        first.Dispose();
        first.Dispose();
        Assert.False(Enter(alone: true).IsCompleted);
    }

    [Fact]
    public async Task However_they_crowd_a_suspect_is_alone()
    {
        var (inside, alone) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 700).Select(i => Task.Run(
            async () =>
            {
                var isAlone = i % 7 == 0;
                using var place = await Enter(isAlone);
                var others = Interlocked.Increment(ref inside) - 1;
                var suspects = isAlone ? Interlocked.Increment(ref alone) : Volatile.Read(ref alone);
                await Task.Yield();
                Assert.True(isAlone ? others == 0 && suspects == 1 && Volatile.Read(ref inside) == 1 : suspects == 0 && Volatile.Read(ref alone) == 0);
                if (isAlone)
                    Interlocked.Decrement(ref alone);
                Interlocked.Decrement(ref inside);
            },
            Cancellation)));
    }

    private Task<IDisposable> Enter(bool alone = false) => _gate.EnterAsync(alone, Cancellation);
}
