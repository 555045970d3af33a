using Migration.ChaosHook;

namespace Migration.Chaos.Tests.Faults;

/// <summary>
/// Done to a run from outside: when a share of its records is done, or while a process holds at a point of the protocol.
/// </summary>
internal abstract class OutsideFault(string name, string what, Moment moment) : Fault(name, $"{what} {moment}")
{
    private bool _struck;

    public override ChaosOrder? Order { get; } = moment.Order(name);

    public override async Task<bool> IsReadyAsync(Theatre theatre, CancellationToken cancellation)
        => !_struck && (Order is { } order
            ? theatre.Marks.Met(order) > 0
            : await theatre.RecordsDoneAsync(cancellation) >= moment.Share * theatre.Shop.Records);

    public override async Task StrikeAsync(Theatre theatre, CancellationToken cancellation)
    {
        _struck = true;
        try
        {
            await HappenAsync(theatre, cancellation);
        }
        finally
        {
            LetGo(theatre);
        }
    }

    public override void End(Theatre theatre) => LetGo(theatre);

    public override bool HasStruck(Theatre theatre) => _struck;

    protected abstract Task HappenAsync(Theatre theatre, CancellationToken cancellation);

    /// <summary>The process that holds goes on, into the fault.</summary>
    protected void LetGo(Theatre theatre)
    {
        if (Order is { } order)
            theatre.Marks.LetGo(order);
    }
}
