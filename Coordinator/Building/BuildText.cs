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

    /// <summary>What came of it, without its name.</summary>
    public static string Outcome(BuildState state, double? seconds, string? note)
    {
        var words = state switch
        {
            BuildState.Present => "was there already",
            BuildState.Skipped => "skipped",
            BuildState.Failed => "NOT built",
            BuildState.Building => "building",
            BuildState.Waiting => "waiting",
            _ => "built",
        };
        var time = seconds is { } s && state is not (BuildState.Waiting or BuildState.Present) ? $" {(state == BuildState.Building ? "for" : "in")} {DurationText.Long(s)}" : "";
        return words + (state is BuildState.Failed or BuildState.Skipped ? "" : time) + (note is null ? "" : $": {note}");
    }
}
