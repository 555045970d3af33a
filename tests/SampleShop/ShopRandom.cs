namespace Migration.SampleShop;

/// <summary>
/// A stream of numbers that depends on seed, collection and record index alone (SplitMix64), so that a record is the
/// same whatever the number of records, and can be made without making the ones before it. Integer arithmetic only:
/// <see cref="Random"/> promises no sequence across .NET versions.
/// </summary>
internal struct ShopRandom(int seed, uint stream, long index)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private ulong _state = Mix(Mix(((ulong)(uint)seed << 32) | stream) ^ (ulong)index);

    public ulong NextBits() => Mix(_state += Golden);

    /// <summary>A number of 0 to <paramref name="bound"/> - 1.</summary>
    public int Below(int bound) => (int)(((NextBits() >> 32) * (ulong)bound) >> 32);

    /// <summary>A number of 0 to <paramref name="bound"/> - 1, for bounds beyond 32 bits.</summary>
    public long Below(long bound) => (long)Math.BigMul(NextBits(), (ulong)bound, out _);

    public int Between(int first, int last) => first + Below(last - first + 1);

    public bool Percent(int chance) => Below(100) < chance;

    public T Pick<T>(T[] choices) => choices[Below(choices.Length)];

    /// <summary>
    /// A number of <paramref name="least"/> up to about least * 2^<paramref name="doublings"/>, each power of two as
    /// likely as the next: many cheap things, few dear ones.
    /// </summary>
    public int Skewed(int least, int doublings)
    {
        var scale = Below(doublings);
        return (least << scale) + Below(least << scale);
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
