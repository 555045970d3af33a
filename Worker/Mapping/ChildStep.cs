using Migration.Contracts.Migrations;

namespace Migration.Worker.Mapping;

/// <summary>One child of a plan: which field it takes, where its rows go, and what makes them.</summary>
/// <param name="Field">The array or subdocument.</param>
/// <param name="Place">The child's table among those of the collection.</param>
/// <param name="KeyPlaces">The places of the primary key's columns in the parent's row.</param>
internal sealed record ChildStep(FieldNode Field, int Place, ChildTable Table, int[] KeyPlaces, RecordMapper Elements);

/// <summary>What a row begins with that its parent gives it; the default is nothing, for a collection's own table.</summary>
/// <param name="parent">The parent's row, in COPY's form.</param>
/// <param name="keyPlaces">The places of its primary key's columns.</param>
/// <param name="ordinal">The element's place in its array.</param>
internal readonly ref struct RowHead(ReadOnlySpan<byte> parent, ReadOnlySpan<int> keyPlaces, int ordinal)
{
    public ReadOnlySpan<byte> Parent { get; } = parent;

    public ReadOnlySpan<int> KeyPlaces { get; } = keyPlaces;

    public int Ordinal { get; } = ordinal;
}

/// <summary>A refusal, and which element of which array it is about; the path is empty for the record itself.</summary>
internal sealed record ElementRejection(RecordRejection Rejection, string Path)
{
    /// <summary>Seen from the document or element around it.</summary>
    public ElementRejection Within(string path) => this with { Path = Path.Length == 0 ? path : $"{path}.{Path}" };

    public RecordRejection OfRecord() =>
        Path.Length == 0 ? Rejection : Rejection with { Message = $"element '{Path}': {Rejection.Message}" };
}
