using Migration.Contracts.Ledger;

namespace Migration.Coordinator.Failures;

/// <summary>Where a group of failures is, in words.</summary>
internal static class FailureOrigin
{
    /// <summary>What all records of the group have in common.</summary>
    public static string Of(QuarantineGroup group, FailureGrouping by) => by switch
    {
        FailureGrouping.Cause => $"{group.Collection}, {Cause(group)}",
        FailureGrouping.Column => group.Column is { } column ? $"{group.Collection}, column '{column}'" : $"{group.Collection}, no column at fault",
        FailureGrouping.Slice => $"{group.Collection}, slice {group.Slice}",
        _ => group.Collection,
    };

    /// <summary>Of which cause the example is; null where the group is of that cause alone and says so already.</summary>
    public static string? MostFrequent(QuarantineGroup group, FailureGrouping by)
        => by == FailureGrouping.Cause ? null : Cause(group);

    public static string Of(FailedSliceGroup group, FailureGrouping by)
        => by == FailureGrouping.Slice ? $"{group.Collection}, slice {group.Slice}" : group.Collection;

    private static string Cause(QuarantineGroup group)
        => string.Join(", ", new[]
        {
            $"stage {group.Stage}", group.Column is { } column ? $"column '{column}'" : null,
            group.SqlState is { } state ? $"SQLSTATE {state}" : group.Exception,
        }.OfType<string>());
}
