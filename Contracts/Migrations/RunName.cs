using System.Text.RegularExpressions;

namespace Migration.Contracts.Migrations;

/// <summary>What a run may be called.</summary>
public static partial class RunName
{
    /// <summary>
    /// What is wrong with a name, or null. The rule is that of Kubernetes' label values (at most 63 letters, digits,
    /// <c>-</c>, <c>_</c> and <c>.</c>, a letter or digit at both ends), which also suits queue names.
    /// </summary>
    public static string? Problem(string name) => Shape().IsMatch(name)
        ? null
        : "expected 1 to 63 letters, digits, '-', '_' or '.', with a letter or digit at both ends";

    [GeneratedRegex(@"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?\z")]
    private static partial Regex Shape();
}
