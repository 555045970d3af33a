using Migration.Worker.Enrichment;

namespace Migration.Worker.Tests.Enrichment;

public sealed class EnrichmentPartsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Slots_are_given_in_the_order_in_which_they_were_asked_for()
    {
        var slots = new RecordSlots(4);
        await slots.EnterAsync(3, 1, Cancellation);
        var many = slots.EnterAsync(4, 1, Cancellation);
        var one = slots.EnterAsync(1, 1, Cancellation);

        // One is free, and still the small one does not slip by.
        Assert.False(one.IsCompleted);
        slots.Leave(3);
        await many;
        Assert.False(one.IsCompleted);
        slots.Leave(4);
        await one;
    }

    [Fact]
    public async Task A_slot_goes_to_the_slice_that_came_first_and_others_take_what_it_leaves()
    {
        var slots = new RecordSlots(2);
        var (first, second) = (slots.JoinLine(), slots.JoinLine());
        await slots.EnterAsync(2, first, Cancellation);
        var later = slots.EnterAsync(1, second, Cancellation);
        var sooner = slots.EnterAsync(1, first, Cancellation);

        slots.Leave(1);
        await sooner;
        Assert.False(later.IsCompleted);
        slots.Leave(1);
        await later;
    }

    [Fact]
    public async Task Who_gives_up_waiting_for_slots_stands_in_nobody_s_way()
    {
        var slots = new RecordSlots(2);
        await slots.EnterAsync(1, 1, Cancellation);
        using var giveUp = new CancellationTokenSource();
        var many = slots.EnterAsync(2, 1, giveUp.Token);
        var one = slots.EnterAsync(1, 1, Cancellation);

        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => many);
        await one;
    }

    [Theory]
    [InlineData(64, 1, 2000, 3.0, 21)] // a second's work
    [InlineData(64, 1, 2000, 30.0, 16)] // a quarter of the slots at least
    [InlineData(64, 1, 2000, 0.0001, 2000)] // as without enrichment
    [InlineData(64, 50, 2000, 3.0, 50)] // whole groups
    [InlineData(64, 1, 10, 0.1, 10)] // what the user allows
    [InlineData(1, 1, 2000, 3.0, 1)]
    public void A_page_is_about_a_second_s_work(int slots, int group, int most, double seconds, int records)
    {
        var size = new PageSize(slots, group, most);
        for (var i = 0; i < 12; i++)
            size.Learn(seconds);

        Assert.Equal(records, size.Records);
    }

    [Theory]
    [InlineData(64, 1, 2000, 20)]
    [InlineData(4, 1, 2000, 20)]
    [InlineData(200, 1, 2000, 50)]
    [InlineData(64, 10, 2000, 200)]
    [InlineData(64, 1, 10, 10)]
    public void The_first_page_holds_the_calls_that_tell_of_a_service_which_never_answers(int slots, int group, int most, int records)
        => Assert.Equal(records, new PageSize(slots, group, most).Records);

    [Fact]
    public async Task The_window_has_room_for_its_first_pages_however_large_and_then_within_its_limits()
    {
        using var window = new AheadWindow(2, 100, 1000);
        window.Add(500, 5000);
        await window.WaitForRoomAsync(Cancellation);
        window.Add(500, 5000);
        var third = window.WaitForRoomAsync(Cancellation);
        Assert.False(third.IsCompleted);

        window.Remove(500, 5000);
        await third;
    }
}
