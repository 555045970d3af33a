using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>
/// Tells in one pass, sixteen bytes at a time, that a text is plain, as nearly all are. Of a text that is not, it says
/// nothing: the checks of UTF-8, zeros and escapes are for that one.
/// </summary>
internal static class PlainText
{
    /// <summary>True when all bytes are ASCII and none is zero, so that PostgreSQL takes them as text.</summary>
    public static bool IsText(ReadOnlySpan<byte> text) => All<TextRule>(text);

    /// <summary>True when all bytes are ASCII that stands in a JSON string as it is.</summary>
    public static bool IsJson(ReadOnlySpan<byte> text) => All<JsonRule>(text);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool All<TRule>(ReadOnlySpan<byte> text)
        where TRule : IRule
    {
        if (text.Length < Vector128<byte>.Count) return text.IsEmpty || TRule.Keeps(Spread(text)) == Vector128<sbyte>.AllBitsSet;
        var kept = TRule.Keeps(Vector128.Create(text[^Vector128<byte>.Count..]));
        for (; text.Length > Vector128<byte>.Count; text = text[Vector128<byte>.Count..])
            kept &= TRule.Keeps(Vector128.Create(text[..Vector128<byte>.Count]));
        return kept == Vector128<sbyte>.AllBitsSet;
    }

    /// <summary>The bytes of a text of 1 to 15, some of them more than once, and no others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Spread(ReadOnlySpan<byte> text) => text.Length switch
    {
        >= sizeof(ulong) => Vector128.Create(
            BinaryPrimitives.ReadUInt64LittleEndian(text), BinaryPrimitives.ReadUInt64LittleEndian(text[^sizeof(ulong)..])).AsByte(),
        >= sizeof(uint) => Vector128.Create(
            (ulong)BinaryPrimitives.ReadUInt32LittleEndian(text) << 32 | BinaryPrimitives.ReadUInt32LittleEndian(text[^sizeof(uint)..])).AsByte(),
        var length => Vector128.Create((uint)(text[0] * 0x01010000) | (uint)text[length / 2] << 8 | text[^1]).AsByte(),
    };

    private interface IRule
    {
        /// <summary>All bits of each byte that is plain, none of each that is not.</summary>
        static abstract Vector128<sbyte> Keeps(Vector128<byte> bytes);
    }

    private readonly struct TextRule : IRule
    {
        // With a sign, what is not ASCII is below zero.
        public static Vector128<sbyte> Keeps(Vector128<byte> bytes) => Vector128.GreaterThan(bytes.AsSByte(), Vector128<sbyte>.Zero);
    }

    private readonly struct JsonRule : IRule
    {
        public static Vector128<sbyte> Keeps(Vector128<byte> bytes)
        {
            var escaped = Vector128.Equals(bytes, Vector128.Create((byte)'"')) | Vector128.Equals(bytes, Vector128.Create((byte)'\\'));
            return Vector128.AndNot(Vector128.GreaterThan(bytes.AsSByte(), Vector128.Create((sbyte)0x1F)), escaped.AsSByte());
        }
    }
}
