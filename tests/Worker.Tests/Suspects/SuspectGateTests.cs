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
        await Task.WhenAll(Enumerable.Range(0, 400).Select(i => Task.Run(
            async () =>
            {
                using var place = await Enter(alone: i % 7 == 0);
                Assert.Equal(i % 7 == 0 ? 1 : 0, Volatile.Read(ref alone) + (i % 7 == 0 ? 1 : 0));
                if (i % 7 == 0)
                    Assert.Equal((1, 1), (Interlocked.Increment(ref alone), Interlocked.Increment(ref inside)));
                else
                    Interlocked.Increment(ref inside);
                await Task.Yield();
                Interlocked.Decrement(ref inside);
                if (i % 7 == 0)
                    Interlocked.Decrement(ref alone);
            },
            Cancellation)));
    }

    private Task<IDisposable> Enter(bool alone = false) => _gate.EnterAsync(alone, Cancellation);
}
