using Migration.Contracts.Ledger;
using Migration.Worker.Enrichment.Lookups;
using static Migration.Worker.Tests.Enrichment.HttpStepTests;
using static Migration.Worker.Tests.Slices.SliceLab;

namespace Migration.Worker.Tests.Enrichment;

public sealed class LookupStepTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("null", "3|-|-", 6, 0)]
    [InlineData("quarantine", "4|four|44", 5, 1)]
    public async Task Values_are_taken_from_a_file(string onMissing, string fourth, int written, int quarantined)
    {
        await File.WriteAllTextAsync(_file, "number,name,points\r\n0,zero,0\r\n1,\"one, \"\"1\"\"\",11\r\n2,,22\r\n4,four,44\r\n5,five,\r\n", Cancellation);
        await using var lab = await CreateAsync(6, enrich: Lookup($"csv: \"{_file}\"", onMissing));

        var end = await MigrateAsync(lab);

        Assert.Equal(new SliceCounts(6, written, quarantined, 0), end.Claim.Counts);
        var rows = await RowsAsync(lab);
        Assert.Equal(["0|zero|0", "1|one, \"1\"|11", "2|-|22"], rows.Take(3));
        Assert.Equal(fourth, rows[3]);
        Assert.Equal("5|five|-", rows[^1]);
        if (quarantined > 0)
            Assert.Equal(["enrich|word|-|The lookup step of line 11 has no row for 'id' '3'."], await QuarantineAsync(lab));
    }

    [Fact]
    public async Task Values_are_taken_from_a_table()
    {
        await using var lab = await CreateAsync(3, enrich: Lookup("table: words", "null"));
        await using (var command = lab.Database.DataSource.CreateCommand(
            "CREATE TABLE public.words (number bigint, name text, points numeric); INSERT INTO words VALUES (0, 'zero', 0), (1, 'one', 1.5), (NULL, 'x', 2)"))
            await command.ExecuteNonQueryAsync(Cancellation);

        await MigrateAsync(lab);

        Assert.Equal(["0|zero|0", "2|-|-"], await RowsAsync(lab));
        Assert.StartsWith("enrich|score|22003|The lookup step of line 11 gave column 'score' Decimal128 1.5;", Assert.Single(await QuarantineAsync(lab)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("number,name\n1,a\n", "its first row has no column 'points', only 'number', 'name'")]
    [InlineData("number,name,points\n1,a\n", "row 2 has 2 fields, and the first row has 3")]
    [InlineData("number,name,points\n1,\"a,2\n", "row 2 has a quote that is never closed")]
    [InlineData("number,name,points\n1,a,2\n1,b,2\n", "it has several rows for '1', which say different things")]
    public async Task What_cannot_be_loaded_stops_the_worker(string csv, string reason)
    {
        await File.WriteAllTextAsync(_file, csv, Cancellation);
        await using var lab = await CreateAsync(3, enrich: Lookup($"csv: \"{_file}\"", "null"));

        var ended = await Assert.ThrowsAsync<UserException>(() => MigrateAsync(lab));

        Assert.Equal($"The lookup step of line 11 cannot load {_file}: {reason}.", ended.Message);
        Assert.Empty(await QuarantineAsync(lab));
    }

    [Fact]
    public async Task So_does_what_is_not_there()
    {
        await using var lab = await CreateAsync(3, enrich: Lookup("table: nowhere", "null"));

        Assert.Contains("cannot load public.nowhere: relation \"public.nowhere\" does not exist", (await Assert.ThrowsAsync<UserException>(() => MigrateAsync(lab))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a,b\n1,2", "a b|1 2")]
    [InlineData("a,b\r\n\"x\ny\",\n", "a b|x\ny ")]
    [InlineData("\"\"\n,\n", "| ")]
    [InlineData("", "")]
    public void Csv_is_read_as_its_standard_has_it(string csv, string rows)
        => Assert.Equal(rows, string.Join('|', CsvRows.Read(new StringReader(csv)).Select(row => string.Join(' ', row))));

    private static string Lookup(string where, string onMissing)
        => $"      - lookup: {{ {where}, match: {{ number: id }}, take: {{ word: name, score: points }}, onMissing: {onMissing} }}";
}
