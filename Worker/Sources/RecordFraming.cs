using System.Buffers.Binary;

namespace Migration.Worker.Sources;

/// <summary>Where a record of a dump begins and ends, and how its bytes become a document.</summary>
internal abstract class RecordFraming
{
    /// <summary>MongoDB's limit for a document is 16 MB; its own files may hold up to three times that.</summary>
    protected const int MaxRecordBytes = 48 * 1024 * 1024;

    /// <summary>
    /// Measures the record that starts at the first of <paramref name="bytes"/>.
    /// </summary>
    /// <param name="at">The byte's place in the file, for messages.</param>
    /// <param name="isEnd">True when the file ends with <paramref name="bytes"/>.</param>
    /// <returns>Bytes up to the next record, or 0 when more bytes are needed to tell.</returns>
    /// <exception cref="SourceException">There cannot be a record here.</exception>
    public abstract int Measure(ReadOnlySpan<byte> bytes, string file, long at, bool isEnd);

    /// <summary>False for what stands between records and is none (an empty line).</summary>
    public abstract bool IsRecord(ReadOnlySpan<byte> frame);

    /// <summary>What identifies the record when a slice is cut: enough for <see cref="Key"/>, as little as is cheap to find.</summary>
    public abstract ReadOnlySpan<byte> Identity(ReadOnlySpan<byte> frame);

    /// <summary>The element <c>_id</c> out of <see cref="Identity"/>; empty when there is none that can be read.</summary>
    public abstract ReadOnlyMemory<byte> Key(ReadOnlyMemory<byte> identity);

    /// <summary>The type bracket of the key, or null where it would cost as much as reading the whole record.</summary>
    public abstract TypeBracket? Bracket(ReadOnlySpan<byte> identity);

    /// <summary>The document as BSON; or the frame as it stands, and why it is no document.</summary>
    public abstract ReadOnlySpan<byte> Document(ReadOnlySpan<byte> frame, out string? error);
}

/// <summary>Documents one after the other, each with its length in front: mongodump's <c>.bson</c>.</summary>
internal sealed class BsonFraming : RecordFraming
{
    public override int Measure(ReadOnlySpan<byte> bytes, string file, long at, bool isEnd)
    {
        if (bytes.Length < 5)
            return isEnd ? throw Corrupt(file, at, $"the file ends {bytes.Length} bytes into a document") : 0;
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (length is < 5 or > MaxRecordBytes)
            throw Corrupt(file, at, $"a document cannot be {length} bytes long");
        if (length > bytes.Length)
            return isEnd ? throw Corrupt(file, at, $"a document of {length} bytes starts here, but the file ends after {bytes.Length}") : 0;
        return bytes[length - 1] == 0 ? length : throw Corrupt(file, at, $"the document of {length} bytes that starts here does not end with a zero byte");
    }

    public override bool IsRecord(ReadOnlySpan<byte> frame) => true;

    public override ReadOnlySpan<byte> Identity(ReadOnlySpan<byte> frame) => KeyOf(frame);

    public override ReadOnlyMemory<byte> Key(ReadOnlyMemory<byte> identity) => identity;

    public override TypeBracket Bracket(ReadOnlySpan<byte> identity) =>
        identity.IsEmpty ? TypeBracket.None : TypeBracket.Of(new RawElement(identity, 3));

    public override ReadOnlySpan<byte> Document(ReadOnlySpan<byte> frame, out string? error)
    {
        error = null;
        return frame;
    }

    /// <summary>The element <c>_id</c>, or empty when there is none that can be found.</summary>
    public static ReadOnlySpan<byte> KeyOf(ReadOnlySpan<byte> document)
    {
        try
        {
            return RawBson.Find(document, "_id"u8).Bytes;
        }
        catch (FormatException)
        {
            return default; // A broken document is still one record; it is quarantined when it is read.
        }
    }

    private static SourceException Corrupt(string file, long at, string what) =>
        new($"{file} is corrupt at byte {at}: {what}; make the dump anew");
}

/// <summary>One document of MongoDB extended JSON a line: mongoexport's <c>.json</c>.</summary>
internal sealed class JsonLineFraming : RecordFraming
{
    public override int Measure(ReadOnlySpan<byte> bytes, string file, long at, bool isEnd)
    {
        var end = bytes.IndexOf((byte)'\n');
        if (end >= 0)
            return end + 1;
        if (bytes.Length > MaxRecordBytes)
            throw new SourceException($"{file}: the line that starts at byte {at} is longer than {MaxRecordBytes} bytes; one document a line is expected");
        return isEnd ? bytes.Length : 0;
    }

    public override bool IsRecord(ReadOnlySpan<byte> frame) => frame.ContainsAnyExcept(" \t\r\n"u8);

    public override ReadOnlySpan<byte> Identity(ReadOnlySpan<byte> frame) => frame;

    public override ReadOnlyMemory<byte> Key(ReadOnlyMemory<byte> identity)
    {
        var document = Document(identity.Span, out var error);
        return error is null ? BsonFraming.KeyOf(document).ToArray() : default;
    }

    public override TypeBracket? Bracket(ReadOnlySpan<byte> identity) => null;

    public override ReadOnlySpan<byte> Document(ReadOnlySpan<byte> frame, out string? error)
    {
        try
        {
            error = null;
            return ExtendedJson.ToBson(frame);
        }
        catch (FormatException e)
        {
            error = "the line is not a document of MongoDB extended JSON: " + e.Message;
            return frame.TrimEnd("\r\n"u8);
        }
    }
}
