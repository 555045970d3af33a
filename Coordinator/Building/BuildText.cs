using Migration.Contracts.Ledger;

namespace Migration.Coordinator.Building;

/// <summary>Builds in words.</summary>
internal static class BuildText
{
    public static string Of(BuildId build) => build.Kind switch
    {
        BuildKind.Index => $"index {build.Name} of {build.Table}",
        BuildKind.ForeignKey => $"foreign key {build.Name} of {build.Table}",
        BuildKind.Sequence => $"sequence of {build.Table}.{build.Name}",
        _ => $"statistics of {build.Table}",
    };

    /// <summary>That it is not there, without the reason.</summary>
    public static string Undone(BuildId build) => $"{Of(build)} {(IsOne(build.Kind) ? "was not built" : "did not succeed")}";

    /// <summary>What came of it, without its name.</summary>
    public static string Outcome(BuildKind kind, BuildState state, double? seconds, string? note)
    {
        var words = state switch
        {
            BuildState.Present => "was there already",
            BuildState.Skipped => "skipped",
            BuildState.Failed => IsOne(kind) ? "NOT built" : "FAILED",
            BuildState.Building => "under way",
            BuildState.Waiting => "waiting",
            _ => IsOne(kind) ? "built" : "done",
        };
        var time = seconds is { } s && state is not (BuildState.Waiting or BuildState.Present) ? $" {(state == BuildState.Building ? "for" : "in")} {DurationText.Long(s)}" : "";
        return words + (state is BuildState.Failed or BuildState.Skipped ? "" : time) + (note is null ? "" : $": {note}");
    }

    /// <summary>Whether it makes something; a sequence is set, and statistics are taken.</summary>
    private static bool IsOne(BuildKind kind) => kind is BuildKind.Index or BuildKind.ForeignKey;
}
