using System.Globalization;

namespace Migration.KubernetesStandIn.Nodes;

/// <summary>An amount of a resource as Kubernetes writes it: <c>900m</c>, <c>64Mi</c>, <c>2</c>.</summary>
internal readonly record struct Quantity(decimal Value, bool Binary)
{
    private static readonly (string Suffix, decimal Factor)[] Binaries =
        [("Ei", 1152921504606846976m), ("Pi", 1125899906842624m), ("Ti", 1099511627776m), ("Gi", 1073741824m), ("Mi", 1048576m), ("Ki", 1024m)];

    private static readonly (string Suffix, decimal Factor)[] Decimals =
        [("E", 1e18m), ("P", 1e15m), ("T", 1e12m), ("G", 1e9m), ("M", 1e6m), ("k", 1e3m), ("", 1m), ("m", 1e-3m), ("u", 1e-6m), ("n", 1e-9m)];

    public static Quantity Zero => new(0, false);

    public static Quantity Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return Zero;
        foreach (var (suffix, factor) in Binaries)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal))
                return new(Number(text[..^suffix.Length]) * factor, true);
        }

        foreach (var (suffix, factor) in Decimals)
        {
            if (suffix.Length > 0 && text.EndsWith(suffix, StringComparison.Ordinal))
                return new(Number(text[..^1]) * factor, false);
        }

        return new(Number(text), false);
    }

    public static Quantity operator +(Quantity one, Quantity other) => new(one.Value + other.Value, one.Binary || other.Binary);

    public static Quantity operator -(Quantity one, Quantity other) => new(one.Value - other.Value, one.Binary || other.Binary);

    public static bool operator >(Quantity one, Quantity other) => one.Value > other.Value;

    public static bool operator <(Quantity one, Quantity other) => one.Value < other.Value;

    /// <summary>With the largest suffix that leaves a whole number.</summary>
    public override string ToString()
    {
        var value = Value;
        if (value == 0)
            return "0";
        var (suffix, factor) = Suffixes(Binary).FirstOrDefault(unit => value % unit.Factor == 0, (Suffix: "n", Factor: 1e-9m));
        return (value / factor).ToString("0.#########", CultureInfo.InvariantCulture) + suffix;
    }

    private static (string Suffix, decimal Factor)[] Suffixes(bool binary) => binary ? [.. Binaries, ("", 1m), ("m", 1e-3m)] : Decimals;

    private static decimal Number(string text) => decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
}
