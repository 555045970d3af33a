using Spectre.Console;

namespace Migration.Coordinator.Planning;

/// <summary>A <see cref="ClusterSurvey"/> for people: how many workers would run, and what stops more.</summary>
internal static class ClusterSurveyText
{
    public static void Write(IAnsiConsole console, ClusterSurvey survey)
    {
        console.Line("");
        console.Line($"Cluster: Kubernetes {survey.Version ?? "(version not known)"}, namespace {survey.Namespace}, Job {survey.Job}.");
        console.MarkupLineInterpolated($"[bold]{Answer(survey)}[/]");
        if (survey.FirstWall is { } first)
            console.Line($"First wall: {first.What}: room for {first.Workers:N0} ({first.Why}). {first.Remedy}");
        foreach (var wall in survey.Walls.Where(wall => wall != survey.FirstWall))
            console.Line($"  {wall.What}: room for {wall.Workers:N0} ({wall.Why}){(wall.Workers < survey.Workers ? $". {wall.Remedy}" : "")}");
        foreach (var note in survey.Notes)
            console.Line($"  {note}");
        foreach (var gap in survey.NotChecked)
            console.MarkupLineInterpolated($"[yellow]not checked[/]: {gap}");
    }

    private static string Answer(ClusterSurvey survey)
    {
        var known = survey.NotChecked.Count > 0 ? ", as far as could be checked" : "";
        return survey.FirstWall is null
            ? $"All {survey.Workers:N0} workers would work at a time{known}."
            : $"{survey.Fitting:N0} of {survey.Workers:N0} workers would work at a time{known}; the others would wait.";
    }
}
