using Migration.Contracts.Migrations;

namespace Migration.Coordinator.Inference;

/// <summary>
/// What a row of PostgreSQL has room for, with every column filled: it must fit into one page, but for what is longer than a
/// pointer to where it is kept instead (src/backend/access/heap/heaptoast.c).
/// </summary>
internal sealed class RowRoom
{
    // MaxHeapAttributeNumber is 1,600; one is for unmapped fields.
    private const int MostColumns = 1_599;

    // Of a page of 8 KiB, less its header, a row's, the bits that say what is null, and the column for unmapped fields.
    private const int MostBytes = 7_800;

    /// <summary>A value of eight bytes begins at a multiple of eight.</summary>
    private const int MostPadding = 7;

    private int _columns;
    private int _bytes;
    private int _aligned;

    /// <summary>False, and nothing is taken, where there is none left.</summary>
    public bool Take(InferredColumn column)
    {
        var bytes = BytesOf(column.Choice.Type);
        var aligned = _aligned + (bytes == sizeof(long) ? 1 : 0);
        var padding = MostPadding * Math.Min(aligned, _columns + 1 - aligned);
        if (_columns >= MostColumns || _bytes + bytes + padding > MostBytes)
            return false;
        (_columns, _bytes, _aligned) = (_columns + 1, _bytes + bytes, aligned);
        return true;
    }

    /// <summary>At most, within the page.</summary>
    private static int BytesOf(ColumnType type) => type switch
    {
        { IsArray: false, Kind: ColumnKind.Bool } => sizeof(bool),
        { IsArray: false, Kind: ColumnKind.Int8 or ColumnKind.Float8 or ColumnKind.TimestampTz } => sizeof(long),
        { IsArray: false, Kind: ColumnKind.Uuid } => 16,
        _ => 24,
    };
}
