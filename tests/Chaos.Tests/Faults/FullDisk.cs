namespace Migration.Chaos.Tests.Faults;

/// <summary>The disk that the tables and the ledger are on has no room left, until somebody makes room.</summary>
internal sealed class FullDisk(string name, Moment moment) : OutsideFault(name, "disk full", moment)
{
    private bool _noticed;

    public override bool HasStruck(Theatre theatre) => _noticed;

    public override async Task PrepareAsync(Theatre theatre, CancellationToken cancellation)
    {
        await theatre.Arena.SmallDiskAsync(cancellation);
        await theatre.Arena.ExecuteAsync(
            $"ALTER DATABASE {theatre.Database} SET default_tablespace = {Arenas.SmallDisk.Tablespace}", cancellation);
    }

    protected override async Task HappenAsync(Theatre theatre, CancellationToken cancellation)
    {
        var disk = await theatre.Arena.SmallDiskAsync(cancellation);
        var before = theatre.Arena.Target.CountInLog(Arenas.SmallDisk.NoSpace);
        disk.Fill();
        try
        {
            LetGo(theatre);
            _noticed = await theatre.UntilAsync(
                "PostgreSQL finds no space",
                () => Task.FromResult(theatre.Arena.Target.CountInLog(Arenas.SmallDisk.NoSpace) > before), cancellation);
        }
        finally
        {
            disk.MakeRoom();
        }
    }
}
