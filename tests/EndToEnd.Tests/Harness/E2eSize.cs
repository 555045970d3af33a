using System.Globalization;
using Migration.SampleShop;

namespace Migration.EndToEnd.Tests.Harness;

/// <summary>
/// How large the main job is: 60,000 products in slices of 500 by default, a few seconds of work; MIGRATION_E2E_PRODUCTS
/// asks for more, in slices of 1,000.
/// </summary>
internal static class E2eSize
{
    private const long Default = 60_000;

    public static long Products { get; } =
        Environment.GetEnvironmentVariable("MIGRATION_E2E_PRODUCTS") is { Length: > 0 } text
            ? long.Parse(text, CultureInfo.InvariantCulture)
            : Default;

    public static bool IsDefault => Products == Default;

    /// <summary>Some hundred bad products, so that quarantine is part of most kills.</summary>
    public static ShopCounts Counts { get; } = new(Products, bad: 300);

    /// <summary>The cap keeps the default size running for about ten seconds; a large job takes long enough without.</summary>
    public static ShopFile File { get; } = IsDefault
        ? new ShopFile { SliceRecords = 500, RecordsPerSecond = 6_000 }
        : new ShopFile { SliceRecords = 1_000 };
}
