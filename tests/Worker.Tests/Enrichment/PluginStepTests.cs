using Migration.Contracts.Ledger;
using Migration.TestServers;
using static Migration.Worker.Tests.Enrichment.HttpStepTests;
using static Migration.Worker.Tests.Slices.SliceLab;

namespace Migration.Worker.Tests.Enrichment;

/// <summary>Classes of <c>TestPlugins</c>, loaded from the folder that the build put them into.</summary>
public sealed class PluginStepTests : IDisposable
{
    private const string By = "The plugin step of line 11 (Migration.TestPlugins.RecordByRecord)";

    private readonly string _folder = Directory.CreateTempSubdirectory("plugins-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_class_is_given_each_record_and_its_values_land_in_columns()
    {
        await using var lab = await CreateAsync(95, enrich: Step("RecordByRecord"));

        var end = await MigrateAsync(lab);

        Assert.Equal(new SliceCounts(95, 95, 0, 0), Assert.IsType<SliceEnd.Completed>(end).Claim.Counts);
        Assert.Equal(Enumerable.Range(0, 95).Select(i => $"{i}|word {i}|{i * 2}"), await RowsAsync(lab));
    }

    [Fact]
    public async Task A_class_is_given_batches_and_answers_in_their_order()
    {
        await using var lab = await CreateAsync(95, batchRecords: 30, enrich: Step("ManyAtATime", "batch: 20"));

        await MigrateAsync(lab);

        Assert.Equal(Enumerable.Range(0, 95).Select(i => $"{i}|word {i}|{i * 2}"), await RowsAsync(lab));
    }

    [Fact]
    public async Task What_a_class_needs_besides_comes_from_its_own_folder()
    {
        Assert.DoesNotContain(AppDomain.CurrentDomain.GetAssemblies(), loaded => loaded.GetName().Name == "Spectre.Console");
        await using var lab = await CreateAsync(2, enrich: Step("WithNeeds").Replace("read: id", "read: text", StringComparison.Ordinal));

        await MigrateAsync(lab);

        Assert.Equal(["0|[[record 0]]|-", "1|[[record 1]]|-"], await RowsAsync(lab));
    }

    [Theory]
    [InlineData("throw", "enrich|word|-|" + By + " threw FormatException: what is this?.")]
    [InlineData("refuse", "enrich|word|-|" + By + " refused the record: it is odd.")]
    [InlineData("cancel", "enrich|word|-|" + By + " threw OperationCanceledException: The operation was canceled.")]
    [InlineData("wait", "enrich|word|-|" + By + " took longer than 1 seconds (timeoutSeconds).")]
    [InlineData("block", "enrich|word|-|" + By + " took longer than 1 seconds (timeoutSeconds).")]
    [InlineData("return null", "enrich||-|" + By + " returned null in place of a record's values.")]
    [InlineData("return another column", "enrich||-|" + By + " returned a value for 'wrd', which is not among the columns of its 'write', the nearest is 'word'.")]
    [InlineData("return a wrong type", "enrich|score|22P02|" + By + " gave column 'score' string 'eleven'; integer takes no value of this type. Give column 'score' another type in the migration file (jsonb takes every type), or mend the document.")]
    [InlineData("return an object of its own", "enrich|word|22P02|" + By + " gave column 'word' a value of the type Migration.TestPlugins.RecordByRecord, which no column takes. Give column 'word' another type in the migration file (jsonb takes every type), or mend the document.")]
    [InlineData("return too large a number", "enrich|score|22003|" + By + " gave column 'score' int64 3000000000; integer cannot hold it. Widen column 'score' in the migration file.")]
    [InlineData("return a list that throws", "enrich|word|-|" + By + " gave column 'word' a value that cannot be read: it threw TimeZoneNotFoundException: lazy.")]
    public async Task Whatever_a_class_does_to_a_record_quarantines_that_record_in_its_name(string does, string reason)
    {
        await using var lab = await CreateAsync(40, enrich: Step("RecordByRecord", $"settings: {{ does: {does}, on: 3 17 }}, timeoutSeconds: 1"));

        var end = await MigrateAsync(lab);

        Assert.Equal(new SliceCounts(40, 38, 2, 0), end.Claim.Counts);
        Assert.Equal([reason, reason], await QuarantineAsync(lab));
        Assert.Equal(Enumerable.Range(0, 40).Where(i => i is not (3 or 17)), await lab.WrittenAsync());
    }

    [Fact]
    public async Task A_required_column_that_a_class_leaves_null_quarantines_its_record()
    {
        await using var lab = await CreateAsync(5, enrich: Step("RecordByRecord", "settings: { does: return null for all, on: 3 }"),
            columns: ", word: { type: text, enriched: true, required: true }, score: { type: int4, enriched: true }");

        await MigrateAsync(lab);

        Assert.Equal([0, 1, 2, 4], await lab.WrittenAsync());
        Assert.StartsWith("enrich|word|23502|column 'word' must have a value and got none by enrichment.", Assert.Single(await QuarantineAsync(lab)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null", "throw", "3|-|-")]
    [InlineData("keepOriginal", "throw", "3|-|-")]
    [InlineData("null", "wait", "3|-|-")]
    [InlineData("null", "return nothing", "3|-|-")]
    public async Task A_call_that_fails_may_leave_its_columns_empty(string onFailure, string does, string row)
    {
        await using var lab = await CreateAsync(5, enrich: Step("RecordByRecord", $"settings: {{ does: {does}, on: 3 }}, timeoutSeconds: 1, onFailure: {onFailure}"));

        await MigrateAsync(lab);

        Assert.Equal(row, (await RowsAsync(lab))[3]);
    }

    [Theory]
    [InlineData("throw", 1, "threw FormatException: three.")]
    [InlineData("refuse", 1, "refused the record: three.")]
    [InlineData("return null for one", 1, "returned null in place of a record's values.")]
    [InlineData("return null", 10, "returned 0 answers for 10 records; expected one for each, in their order.")]
    [InlineData("return one too few", 10, "returned 9 answers for 10 records; expected one for each, in their order.")]
    [InlineData("wait", 10, "took longer than 1 seconds (timeoutSeconds).")]
    public async Task Of_a_batch_only_those_pay_who_cannot_be_told_from_the_one_at_fault(string does, int quarantined, string reason)
    {
        await using var lab = await CreateAsync(40, enrich: Step("ManyAtATime", $"batch: 10, settings: {{ does: {does} }}, timeoutSeconds: 1"));

        var end = await MigrateAsync(lab);

        Assert.Equal(new SliceCounts(40, 40 - quarantined, quarantined, 0), end.Claim.Counts);
        Assert.All(await QuarantineAsync(lab), told => Assert.EndsWith($"(Migration.TestPlugins.ManyAtATime) {reason}", told, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("throw", "threw FormatException: what is this?")]
    [InlineData("wait", "took longer than 1 seconds (timeoutSeconds)")]
    [InlineData("return null", "returned null in place of a record's values")]
    public async Task A_class_that_never_succeeds_stops_the_worker_and_no_record_is_given_up(string does, string reason)
    {
        await using var lab = await CreateAsync(500, batchRecords: 100, enrich: Step("RecordByRecord", $"settings: {{ does: {does} }}, timeoutSeconds: 1"));

        var ended = await Assert.ThrowsAsync<UserException>(() => MigrateAsync(lab));

        Assert.Equal(ExitCode.Configuration, ended.Code);
        Assert.StartsWith($"{By} cannot be used: all of the first ", ended.Message, StringComparison.Ordinal);
        Assert.Contains($" calls failed, the last with {reason}. Mend it,", ended.Message, StringComparison.Ordinal);
        Assert.Empty(await QuarantineAsync(lab));
        Assert.Equal(0, (await lab.ProgressAsync()).Counts.Read);
    }

    [Fact]
    public async Task A_worker_with_too_many_calls_that_cannot_be_ended_ends_itself()
    {
        // The first ones are answered, so that it is not the plugin as a whole.
        var on = string.Join(' ', Enumerable.Range(100, 400));
        await using var lab = await CreateAsync(500, batchRecords: 100, worker: ", enrichConcurrency: 50",
            enrich: Step("RecordByRecord", $"settings: {{ does: block, on: {on} }}, timeoutSeconds: 1"));

        var ended = await Assert.ThrowsAsync<UserException>(() => MigrateAsync(lab));

        Assert.Equal(ExitCode.Hung, ended.Code);
        Assert.StartsWith($"{By}: 100 calls go on although they were cancelled. This worker ends", ended.Message, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, (int)(await lab.ProgressAsync()).Counts.Written), await lab.WrittenAsync());
    }

    [Fact]
    public async Task A_call_that_hears_of_its_cancellation_is_no_burden()
    {
        var on = string.Join(' ', Enumerable.Range(20, 180));
        await using var lab = await CreateAsync(200, enrich: Step("RecordByRecord", $"settings: {{ does: wait, on: {on} }}, timeoutSeconds: 1"));

        Assert.Equal(new SliceCounts(200, 20, 180, 0), (await MigrateAsync(lab)).Claim.Counts);
    }

    [Fact]
    public async Task A_class_is_closed_with_its_worker()
    {
        var closed = Path.Combine(_folder, "closed");
        await using (var lab = await CreateAsync(5, enrich: Step("RecordByRecord", $"settings: {{ closing: \"{closed}\" }}")))
        {
            await MigrateAsync(lab);
            Assert.False(File.Exists(closed));
        }

        Assert.True(File.Exists(closed));
    }

    [Theory]
    [InlineData("RecordByRecrd", "", "no assembly of the folder has this class. Among its plugins, the nearest is 'Migration.TestPlugins.RecordByRecord'.")]
    [InlineData("Unfit+Unmarked", "", "it is not marked with [Plugin].")]
    [InlineData("Unfit+FromTheFuture", "", "it was compiled for version 2 of the plugin interfaces, and this program has version 1. Compile it against this program's Contracts.dll.")]
    [InlineData("Unfit+NoPlugin", "", "it implements neither IRecordPlugin nor IBatchPlugin.")]
    [InlineData("Unfit+Abstract", "", "it has no public constructor without parameters, or is abstract.")]
    [InlineData("Unfit+Broken", "", "its constructor threw InvalidOperationException: nothing works today.")]
    [InlineData("RecordByRecord", "batch: 5", "it implements IRecordPlugin only, which takes one record a call. Take 'batch' out.")]
    [InlineData("ManyAtATime", "", "it implements IBatchPlugin only. Say 'batch', the records of a call.")]
    [InlineData("RecordByRecord", "settings: { does: fail to open }", "it cannot be opened: no licence. (InvalidOperationException).")]
    [InlineData("RecordByRecord", "settings: { does: never open }, timeoutSeconds: 1", "opening it took longer than 1 seconds (timeoutSeconds).")]
    public async Task A_class_that_cannot_be_used_is_a_mistake_of_the_configuration(string name, string more, string problem)
    {
        await using var lab = await CreateAsync(5, enrich: Step(name, more.Length > 0 ? more : "timeoutSeconds: 30"));

        var ended = await Assert.ThrowsAsync<UserException>(() => MigrateAsync(lab));

        Assert.Equal(ExitCode.Configuration, ended.Code);
        Assert.Equal($"The plugin step of line 11 of the migration file cannot be set up: Migration.TestPlugins.{name} of {BuiltFolder.Of("TestPlugins")}: {problem}", ended.Message);
        Assert.Equal(0, (await lab.ProgressAsync()).Counts.Read);
    }

    [Theory]
    [InlineData("none", "the folder is not there, or not for this process. Every worker needs it, at the same path.")]
    [InlineData("empty", "no assembly of the folder has this class. Among its plugins, and nothing else either.")]
    [InlineData("twice", "several assemblies of the folder have this class: Other.dll, TestPlugins.dll.")]
    [InlineData("without its needs", "it cannot be opened: ")]
    public async Task A_folder_that_cannot_be_used_is_a_mistake_of_the_configuration(string what, string problem)
    {
        var folder = Path.Combine(_folder, what.Replace(' ', '-'));
        if (what != "none")
            Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(_folder, "no-assembly.dll"), "text");
        foreach (var name in what switch { "twice" => ["TestPlugins.dll", "Other.dll"], "without its needs" => ["TestPlugins.dll"], _ => Array.Empty<string>() })
            File.Copy(Path.Combine(BuiltFolder.Of("TestPlugins"), "TestPlugins.dll"), Path.Combine(folder, name));
        await using var lab = await CreateAsync(30, enrich: Step(what == "without its needs" ? "WithNeeds" : "RecordByRecord", "timeoutSeconds: 30").Replace(BuiltFolder.Of("TestPlugins"), folder, StringComparison.Ordinal));

        var ended = await Assert.ThrowsAsync<UserException>(() => MigrateAsync(lab));

        Assert.Equal(ExitCode.Configuration, ended.Code);
        if (what == "without its needs")
            Assert.Contains("threw FileNotFoundException: Could not load file or assembly 'Spectre.Console", ended.Message, StringComparison.Ordinal);
        else
            Assert.EndsWith($"RecordByRecord of {folder}: {problem}", ended.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_example_of_the_documentation_makes_euros()
    {
        await using var lab = await CreateAsync(4,
            text: i => i switch { 0 => "USD", 1 => "GBP", 2 => "XXX", _ => MongoDB.Bson.BsonNull.Value },
            columns: ", amount: { path: _id, type: numeric }, euros: { type: numeric, enriched: true }",
            enrich: $"      - plugin: {{ folder: \"{BuiltFolder.Of("CurrencyPlugin")}\", class: Shop.CurrencyPlugin, read: [amount, text], write: euros }}");

        await MigrateAsync(lab);

        Assert.Equal(["0|0.00", "1|1.15"], await TextsAsync(lab, "SELECT format('%s|%s', id, euros) FROM public.numbers ORDER BY id"));
        Assert.Equal(
            ["enrich|euros|-|The plugin step of line 11 (Shop.CurrencyPlugin) refused the record: there is no rate for its currency."],
            (await QuarantineAsync(lab)).Distinct());
    }

    private static string Step(string name, string more = "timeoutSeconds: 30")
        => $"      - plugin: {{ folder: \"{BuiltFolder.Of("TestPlugins")}\", class: Migration.TestPlugins.{name}, read: id, write: [word, score], {more} }}";
}
