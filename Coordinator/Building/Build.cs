using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Coordinator.Building;

/// <summary>One thing that is made of a table once its rows are in. It can be tried at any time and as often as one likes.</summary>
/// <param name="definition">For people.</param>
internal abstract class Build(BuildKind kind, TableName table, string name, string definition)
{
    public BuildId Id { get; } = new(kind, table.ToString(), name);

    public TableName Table { get; } = table;

    public string Definition { get; } = definition;

    /// <summary>Whose slices must have their outcome first.</summary>
    public required IReadOnlyList<string> Collections { get; init; }

    /// <summary>That must have ended first, however: PostgreSQL's locks would make one wait for the other.</summary>
    public IReadOnlyList<Build> Needs { get; init; } = [];

    /// <param name="begin">To be awaited before anything is changed; not at all where nothing is to do.</param>
    /// <param name="wasBegun">Whether an earlier attempt may have left something unfinished.</param>
    /// <returns>Failed for what another try cannot mend; <see cref="BuildState.Present"/> where nothing was to do.</returns>
    /// <exception cref="PostgresException">PostgreSQL refused; the builder decides what that means.</exception>
    public abstract Task<BuildOutcome> MakeAsync(
        NpgsqlConnection connection, Func<Task> begin, bool wasBegun, CancellationToken cancellationToken);

    /// <summary>How messages call it: <c>index products_vendor_idx of shop.products</c>.</summary>
    public override string ToString() => BuildText.Of(Id);
}
