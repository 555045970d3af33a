using Migration.Contracts.Ledger;

namespace Migration.Worker.Sources;

/// <summary>Some consecutive records of a page, as a page of its own. The page owns the memory and is to be disposed, not this.</summary>
/// <param name="first">The number of the first record.</param>
/// <param name="count">At least one.</param>
internal sealed class PagePart(SourcePage page, int first, int count) : SourcePage
{
    private readonly SourceRecord[] _records = [.. page.Records.Skip(first).Take(count)];

    private bool IsRest => first + count == page.Records.Count;

    public override IReadOnlyList<SourceRecord> Records => _records;

    public override RecordPosition Last { get; } = first + count == page.Records.Count ? page.Last : page.PositionOf(first + count - 1);

    public override bool IsFinal => IsRest && page.IsFinal;

    public override long Bytes => _records.Sum(record => (long)record.Document.Length);

    public override RecordPosition PositionOf(int record) => page.PositionOf(first + record);
}
