using System.Buffers.Binary;
using System.Security.Cryptography;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker;
using Migration.Worker.Sources;
using Migration.Worker.Targets;

namespace Migration.Coordinator.Checking;

/// <summary>
/// Finds rows with a primary key that another row has: the digest of each key is kept, up to a number that memory has room
/// for. Only where the key could repeat: the column that takes <c>_id</c>, alone and not as text, cannot.
/// </summary>
internal sealed class KeyDuplicates
{
    /// <summary>About 200 MB of digests.</summary>
    public const int MostKeys = 5_000_000;

    private const string UniqueViolation = Npgsql.PostgresErrorCodes.UniqueViolation;

    private readonly Lock _lock = new();
    private readonly HashSet<UInt128> _seen = [];
    private readonly CollectionMapping _mapping;
    private readonly bool _isChild;
    private readonly int[] _places;
    private string? _example;
    private long _repeated;

    private KeyDuplicates(CollectionMapping mapping, bool isChild)
    {
        (_mapping, _isChild) = (mapping, isChild);
        var names = mapping.Columns.Select(column => column.Name).ToList();
        _places = [.. mapping.PrimaryKey.Select(name => names.IndexOf(name))];
    }

    /// <summary>True when keys were more than are kept: what comes after is not compared.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Null where keys cannot repeat, or may.</summary>
    public static KeyDuplicates? For(CollectionMapping mapping, bool isServer)
    {
        if (mapping.OnConflict != ConflictAction.Fail)
            return null;

        // A server keeps _id unique. As texts, the int 1 and the string "1" are the same; and a dump may hold a record twice.
        var keepsId = mapping.Columns.Any(column => mapping.PrimaryKey.Contains(column.Name)
            && column is { Path: ["_id"], Type.Kind: not (ColumnKind.Text or ColumnKind.Varchar) });
        return isServer && keepsId ? null : new(mapping, isChild: false);
    }

    /// <summary>Null where the parent's key and the ordinal are in the child's key: as long as the parent's does not, it cannot repeat.</summary>
    public static KeyDuplicates? For(ChildTable table) =>
        table.Child.ParentKey.Append(table.Child.Ordinal).All(table.Child.PrimaryKey.Contains) ? null : new(table.Mapping, isChild: true);

    /// <summary>Takes a record's rows; the first record that repeats a key gives the example.</summary>
    /// <param name="first">Of the rows.</param>
    /// <param name="after">The row after the last.</param>
    /// <returns>True when one of them has a key that was there before, by which the record is refused.</returns>
    public bool Add(RowBuffer rows, int first, int after, SourceRecord record)
    {
        var isNew = true;
        for (var row = first; row < after && isNew; row++)
            isNew = TakeKey(Digest(rows.Row(row).Span));
        if (isNew)
            return false;
        lock (_lock)
        {
            _repeated++;
            _example ??= Quarantine.Id(record.Document);
        }

        return true;
    }

    private bool TakeKey(UInt128 digest)
    {
        lock (_lock)
        {
            IsFull |= _seen.Count >= MostKeys;
            return IsFull ? !_seen.Contains(digest) : _seen.Add(digest);
        }
    }

    /// <summary>As quarantine would have them; null when no key repeats.</summary>
    public PredictedRejects? Rejects()
    {
        if (_repeated == 0)
            return null;
        const string OfRecord = "another record becomes a row with the same primary key; the first to arrive is written, the others are refused. "
            + "Choose another primaryKey, or set onConflict to skip or overwrite.";
        var message = !_isChild ? OfRecord
            : $"another element becomes a row of table {_mapping.Table} with the same primary key; of two records the first to arrive is written, the others are refused. "
                + "Choose another primaryKey for the child.";
        return new PredictedRejects(
            CauseFingerprint.OfRecord(_mapping.Name, "write", null, UniqueViolation, message), "write", null, UniqueViolation, message,
            _example, _repeated, _repeated);
    }

    /// <summary>Of the key's fields with their lengths, as COPY sends them.</summary>
    private UInt128 Digest(ReadOnlySpan<byte> row)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var place in _places)
            hash.AppendData(Field(row, place));
        return BinaryPrimitives.ReadUInt128LittleEndian(hash.GetHashAndReset());
    }

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> row, int place)
    {
        var rest = row[sizeof(short)..];
        for (; place > 0; place--)
            rest = rest[(sizeof(int) + Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(rest)))..];
        return rest[..(sizeof(int) + Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(rest)))];
    }
}
