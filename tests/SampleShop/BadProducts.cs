namespace Migration.SampleShop;

/// <summary>
/// Says which products cannot be migrated, and why: one in the middle of each of <paramref name="bad"/> equal
/// stretches, the kinds of <see cref="BadKind"/> taking turns.
/// </summary>
internal sealed class BadProducts(long products, int bad)
{
    private static readonly BadKind[] Kinds = Enum.GetValues<BadKind>();

    public IEnumerable<(long Index, BadKind Kind)> All()
    {
        for (var turn = 0L; turn < bad; turn++)
            yield return (IndexOf(turn), KindOf(turn));
    }

    public BadKind? KindAt(long index)
    {
        if (bad == 0)
            return null;

        // IndexOf rounds down, so the turn computed back may be one short.
        var turn = (long)((Int128)index * bad / products);
        if (IndexOf(turn) != index)
            turn++;
        return turn < bad && IndexOf(turn) == index ? KindOf(turn) : null;
    }

    /// <summary>The nearest good product at or after <paramref name="index"/>, going round at the end.</summary>
    public long GoodFrom(long index)
    {
        while (KindAt(index) is not null)
            index = (index + 1) % products;
        return index;
    }

    private long IndexOf(long turn) => (long)(((Int128)2 * turn + 1) * products / (2 * (Int128)bad));

    private static BadKind KindOf(long turn) => Kinds[turn % Kinds.Length];
}
