namespace Migration.Contracts.Ledger;

/// <summary>
/// Where a record stands in its collection: the BSON document <c>{_id: value}</c>, and on a dump
/// <c>{_id: value, at: first byte of its frame (int64)}</c>. Opaque to the ledger, which keeps the bytes;
/// sources make and read it.
/// </summary>
/// <param name="Bson">A whole BSON document, length prefix and terminator included.</param>
public readonly record struct RecordPosition(ReadOnlyMemory<byte> Bson)
{
    public bool Equals(RecordPosition other) => Bson.Span.SequenceEqual(other.Bson.Span);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Bson.Span);
        return hash.ToHashCode();
    }

    public override string ToString() => Convert.ToHexString(Bson.Span);
}
