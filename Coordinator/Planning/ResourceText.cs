using System.Globalization;

namespace Migration.Coordinator.Planning;

/// <summary>Amounts of a cluster's resources as people write them: <c>900m</c>, <c>1.5 GiB</c>, <c>12</c>.</summary>
internal static class ResourceText
{
    public static string Of(string resource, decimal amount)
    {
        if (resource.Contains("memory", StringComparison.Ordinal) || resource.Contains("storage", StringComparison.Ordinal))
            return ByteText.Of((long)amount);
        return amount == Math.Floor(amount)
            ? amount.ToString("#,0", CultureInfo.InvariantCulture)
            : amount < 1 ? $"{amount * 1000:0.###}m" : amount.ToString("0.##", CultureInfo.InvariantCulture);
    }
}
