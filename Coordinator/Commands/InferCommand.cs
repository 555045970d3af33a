using System.CommandLine;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Inference;
using Migration.Worker;
using Migration.Worker.Commands;
using Migration.Worker.Sources;
using Spectre.Console;

namespace Migration.Coordinator.Commands;

/// <summary><c>coordinator infer</c>: a first migration file, from what a sample of the collections holds.</summary>
internal static class InferCommand
{
    private const int MostSampled = 10_000_000;

    private static readonly Option<string?> Database = new("--database", "-d")
    {
        Description = "The database; may be left out where the source names it",
        HelpName = "D",
    };

    private static readonly Option<string[]> Collection = new("--collection", "-c")
    {
        Description = "A collection, and again for more (default: all of the database)",
        HelpName = "C",
    };

    private static readonly Option<int> Sample = new("--sample")
    {
        Description = "Documents of each collection to look at, spread over all its keys",
        HelpName = "N",
        DefaultValueFactory = _ => 1_000,
    };

    private static readonly Option<string?> Output = new("--output", "-o")
    {
        Description = "Write the migration file here (default: print it)",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Force = new("--force") { Description = "Overwrite a file that is there" };

    private static readonly Option<bool> Ddl = new("--ddl")
    {
        Description = "Print the CREATE TABLE statements as well; without --output as comments at the file's end",
    };

    private static readonly Option<bool> ChildTables = new("--child-tables")
    {
        Description = "Give arrays of documents tables of their own (default: a jsonb column, which keeps them as they are)",
    };

    public static Command Create()
    {
        var command = new Command("infer", "Write a first migration file from what a sample of the collections holds")
        {
            Connections.Source, Database, Collection, Sample, Output, Force, Ddl, ChildTables,
        };
        command.SetAction(InferAsync);
        return command;
    }

    private static async Task<int> InferAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var sample = parsed.GetValue(Sample);
        if (sample is < 1 or > MostSampled)
            throw new UserException($"{Sample.Name} is {sample}; give a number from 1 to {MostSampled:N0}.");
        var output = parsed.GetValue(Output) is { } path ? new InferredFileOutput(path, parsed.GetValue(Force)) : null;
        output?.CheckFree();
        var source = InferenceSource.Read(parsed.Require(Connections.Source, Connections.SourceVariable), parsed.GetValue(Database));
        var file = await ProfileAsync(source, parsed.GetValue(Collection) ?? [], sample, parsed.GetValue(ChildTables), cancellationToken);
        var text = file.Text();
        var ddl = DdlText.Of(Load(text, source).Collections);
        if (output is null)
        {
            Console.Out.Write(parsed.GetValue(Ddl) ? text + "\n" + AsComments(ddl) : text);
            return ExitCode.Done;
        }

        output.Write(text);
        InferenceText.Write(AnsiConsole.Console.WithRoom(), file, parsed.GetValue(Output)!);
        if (parsed.GetValue(Ddl))
            Console.Out.Write("\n" + ddl);
        return ExitCode.Done;
    }

    private static async Task<InferredFile> ProfileAsync(
        SourceSettings source, string[] wanted, int sample, bool childTables, CancellationToken cancellationToken)
    {
        var (inferred, leftOut, tables) = (new List<InferredCollection>(), new List<string>(), new ColumnNames());

        // The collections' own names first: no child's table takes one of them.
        foreach (var (name, table) in (await InferenceSource.CollectionsAsync(source, wanted, cancellationToken)).Select(name => (name, tables.Take([name]))).ToList())
        {
            try
            {
                await using var collection = await InferenceSource.OpenAsync(source, name, cancellationToken);
                using var profile = await CollectionProfile.TakeAsync(name, collection, sample, cancellationToken);
                if (profile is { Seen: 0, Unreadable: > 0 } && wanted.Length == 0)
                    leftOut.Add($"{name}: none of what was looked at can be read as a document");
                else
                    inferred.Add(new InferredCollection(profile, table, childTables ? tables : null));
            }
            catch (SourceException e) when (!e.IsTransient && wanted.Length == 0)
            {
                leftOut.Add($"{name}: {e.Message}"); // a view, say; nobody asked for it by name
            }
        }

        return inferred.Count > 0
            ? new InferredFile(source, inferred) { LeftOut = leftOut }
            : throw new UserException($"{ConnectionText.Describe(source.Uri)}: no collection can be read. {string.Join("\n", leftOut)}");
    }

    /// <summary>As a run would load it: what was written must be what is meant.</summary>
    private static MigrationFile Load(string text, SourceSettings source)
        => MigrationFileLoader.LoadText(text, "inferred.yaml", name => name switch
        {
            Connections.SourceVariable => source.Uri,
            Connections.TargetVariable => "postgres://localhost/inferred",
            _ => null,
        });

    private static string AsComments(string ddl)
        => string.Concat(ddl.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => $"# {line}\n"));
}
