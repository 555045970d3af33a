namespace Migration.Worker.Mapping;

/// <summary>What makes bytes unreadable as a BSON document.</summary>
internal enum BsonFault
{
    None,

    /// <summary>Fewer bytes than the smallest document, or than the length prefix says.</summary>
    Truncated,

    /// <summary>The length prefix is negative, too small, or disagrees with the bytes at hand.</summary>
    Length,

    /// <summary>The closing zero byte is missing or stands elsewhere than the length prefix says.</summary>
    Terminator,

    /// <summary>A field's name has no end within the document.</summary>
    Name,

    /// <summary>A field's type is none that BSON knows.</summary>
    UnknownType,

    /// <summary>A value runs beyond its document, or its own length does not fit its content.</summary>
    Value,

    /// <summary>Deeper nesting than <see cref="BsonSpanReader.MaxDepth"/>.</summary>
    Depth,
}

internal static class BsonFaults
{
    /// <summary>The fault in words, to follow "unreadable document: ".</summary>
    public static string Describe(this BsonFault fault) => fault switch
    {
        BsonFault.None => "no fault",
        BsonFault.Truncated => "it ends before its length prefix says",
        BsonFault.Length => "its length prefix, or that of a subdocument, is not its length",
        BsonFault.Terminator => "its closing zero byte, or that of a subdocument, is missing or in the wrong place",
        BsonFault.Name => "a field's name does not end",
        BsonFault.UnknownType => "a field has a type that BSON does not know",
        BsonFault.Value => "a field's value does not fit its type or its length",
        BsonFault.Depth => $"it is nested deeper than {BsonSpanReader.MaxDepth} levels",
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, null),
    };
}
