using Spectre.Console;

namespace Migration.Coordinator.Inference;

/// <summary>What was written, for people.</summary>
internal static class InferenceText
{
    public static void Write(IAnsiConsole console, InferredFile file, string path)
    {
        var table = PlainTable.Create(["collection", "table"], ["records", "seen", "columns", "json", "in quarantine"]);
        foreach (var c in file.Collections)
        {
            table.AddRow(
                new Text(c.Profile.Name), new Text(c.Table), new Text($"{c.Profile.Total:N0}"), new Text($"{c.Profile.Seen:N0}"),
                new Text($"{c.Columns.Count:N0}"), new Text($"{c.Columns.Count(column => IsJson(column.Choice)):N0}"),
                new Text($"{c.Columns.Sum(column => column.Choice.Refused):N0}"));
        }

        console.Write(table);
        console.Line("json: columns of several types, or of arrays of documents. In quarantine: values seen that PostgreSQL cannot hold.");
        foreach (var other in file.LeftOut)
            console.MarkupLineInterpolated($"[yellow]left out[/] {other}");
        console.Line($"Written to {path}. Read it, then: coordinator check {path}");
    }

    private static bool IsJson(TypeChoice choice)
        => choice.Type.Kind is Contracts.Migrations.ColumnKind.Json or Contracts.Migrations.ColumnKind.Jsonb;
}
