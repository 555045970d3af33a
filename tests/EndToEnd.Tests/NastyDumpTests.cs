using Migration.Contracts.Migrations;
using Migration.Coordinator.Tests.Inference;
using Migration.EndToEnd.Tests.Harness;
using Migration.Worker;

namespace Migration.EndToEnd.Tests;

/// <summary>What infer makes of a database that is hard on every name and type runs unedited, and nothing is lost.</summary>
public sealed class NastyDumpTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_document_is_a_row_that_holds_all_of_it_or_is_in_quarantine_for_what_no_column_holds()
    {
        await using var bed = await InferredAsync();
        await bed.StartRun("--in-process").EndsWithAsync(ExitCode.Done, Cancellation);

        var file = MigrationFileLoader.Load(bed.MigrationFile, bed.Environment.GetValueOrDefault);
        Assert.Equal(NastyDump.Collections.Order(StringComparer.Ordinal), file.Collections.Select(collection => collection.Name));
        foreach (var mapping in file.Collections)
        {
            var rows = await RowsAsync(bed, mapping);
            foreach (var (n, document) in NastyDump.Of(NastyDump.Collections.ToList().IndexOf(mapping.Name)).Index())
            {
                if (NastyDump.Impossible.Contains(n))
                    continue;
                Assert.True(rows.Remove(n, out var row), $"{mapping.Name}: document {n} is missing");
                var difference = HeldDocument.Difference(mapping, document, row);
                Assert.True(difference is null, $"{mapping.Name}, document {n}: {difference}");
            }

            Assert.Empty(rows);
        }

        Assert.Equal(NastyDump.Collections.Count * NastyDump.Impossible.Count, await CountAsync(bed, "SELECT count(*) FROM migration.quarantine"));
    }

    [Fact]
    public async Task With_child_tables_every_document_arrives_as_well_with_a_row_for_each_element()
    {
        await using var bed = await InferredAsync("--child-tables");
        await bed.StartRun("--in-process").EndsWithAsync(ExitCode.Done, Cancellation);

        var file = MigrationFileLoader.Load(bed.MigrationFile, bed.Environment.GetValueOrDefault);
        var elements = Enumerable.Range(0, NastyDump.Documents).Where(n => !NastyDump.Impossible.Contains(n)).Sum(n => n % 4);
        foreach (var mapping in file.Collections)
        {
            Assert.Equal(NastyDump.Documents - NastyDump.Impossible.Count, await CountAsync(bed, $"SELECT count(*) FROM {mapping.Table.Quoted}"));
            foreach (var child in ChildTable.Of(mapping).Where(child => child.Child.Path is ["pkey"] or ["inner"]))
                Assert.Equal(elements, await CountAsync(bed, $"SELECT count(*) FROM {child.Mapping.Table.Quoted}"));
        }
    }

    private static async Task<TestBed> InferredAsync(params string[] options)
    {
        var bed = await TestBed.CreateAsync(null, null, Cancellation);
        bed.Environment["MIGRATION_BROKER"] = null;
        bed.Environment["MIGRATION_SOURCE"] = Path.Combine(bed.Folder, "dump");
        await NastyDump.WriteAsync(bed.Environment["MIGRATION_SOURCE"]!, Cancellation);
        await bed.StartCoordinator(["infer", "--database", NastyDump.Database, "--output", bed.MigrationFile, "--force", .. options])
            .EndsWithAsync(ExitCode.Done, Cancellation);
        return bed;
    }

    private static async Task<Dictionary<int, string?[]>> RowsAsync(TestBed bed, CollectionMapping mapping)
    {
        var place = mapping.Columns.ToList().FindIndex(column => column.Path is [NastyDump.Ordinal]);
        var rows = new Dictionary<int, string?[]>();
        await using var command = bed.Target.CreateCommand(HeldDocument.Select(mapping));
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        while (await reader.ReadAsync(Cancellation))
        {
            var row = Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetString(i)).ToArray();
            rows.Add(int.Parse(row[place]!, System.Globalization.CultureInfo.InvariantCulture), row);
        }

        return rows;
    }

    private static async Task<long> CountAsync(TestBed bed, string sql)
    {
        await using var command = bed.Target.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
