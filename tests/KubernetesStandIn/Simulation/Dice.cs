namespace Migration.KubernetesStandIn.Simulation;

/// <summary>Names' endings and uids: the same ones in the same order for the same seed.</summary>
internal sealed class Dice(int seed)
{
    private const string Letters = "bcdfghjklmnpqrstvwxz2456789";
    private readonly Random _random = new(seed);

    public string Suffix(int length = 5) => string.Create(length, _random, (span, random) =>
    {
        for (var i = 0; i < span.Length; i++)
            span[i] = Letters[random.Next(Letters.Length)];
    });

    public string Uid()
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.NextBytes(bytes);
        return new Guid(bytes).ToString();
    }

    public string Hex() => _random.NextInt64(0x1000_0000_0000_0000, long.MaxValue).ToString("x");
}
