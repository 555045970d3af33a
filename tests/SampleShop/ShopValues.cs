using System.Buffers.Binary;
using MongoDB.Bson;

namespace Migration.SampleShop;

/// <summary>The values that collections have in common: ids, money, dates.</summary>
internal static class ShopValues
{
    private const int FirstSecond = 1_700_000_000;
    private const int IdsPerSecond = 16;

    // 2019-01-01 to 2026-01-01.
    private const long FirstDate = 1_546_300_800_000;
    private const long DateSpan = 7L * 365 * 24 * 3600 * 1000;

    /// <summary>
    /// Ascends with <paramref name="index"/> and differs by seed and collection. A server makes ids likewise: the
    /// second, five bytes that are its own, a counter.
    /// </summary>
    public static ObjectId Id(int seed, uint stream, long index)
    {
        var own = new ShopRandom(seed, stream, -1).NextBits();
        Span<byte> id = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64BigEndian(id[4..], (own & 0xFF_FFFF_FFFF_000000) | (uint)(index & 0xFFFFFF));
        BinaryPrimitives.WriteUInt32BigEndian(id, (uint)(FirstSecond + index / IdsPerSecond));
        return new ObjectId(id.ToArray());
    }

    /// <summary>Exactly two digits after the point, as shops keep them: 1250 is 12.50.</summary>
    public static Decimal128 Money(long cents)
    {
        const ulong exponentMinusTwo = (6176UL - 2) << 49;
        return Decimal128.FromIEEEBits(exponentMinusTwo, (ulong)cents);
    }

    /// <summary>Milliseconds since 1970.</summary>
    public static long Date(ref ShopRandom random) => FirstDate + random.Below(DateSpan);
}
