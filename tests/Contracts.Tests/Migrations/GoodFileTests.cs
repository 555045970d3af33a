using Migration.Contracts.Migrations;

namespace Migration.Contracts.Tests.Migrations;

public sealed class GoodFileTests
{
    [Fact]
    public void Every_setting_arrives_in_the_model()
    {
        var file = Load(SampleFiles.Full);

        Assert.Equal("shop", file.Name);
        Assert.Equal(("mongodb://reader:pw1@mongo:27017", "shop", true, 1000), (file.Source.Uri, file.Source.Database, file.Source.Live, file.Source.MaxRecordsPerSecond));
        Assert.Equal("store", file.Target.Schema);
        Assert.Equal("amqp://app:pw3@rabbit:5672/%2F", file.Broker!.Uri);
        Assert.Equal(new SliceSettings { TargetSeconds = 30, MinRecords = 10, MaxRecords = 1000, MaxAttempts = 3, PerMessage = 20 }, file.Slices);
        Assert.Equal(new WorkerSettings { Slices = 4, BatchBytes = 1024 * 1024, BatchRecords = 500, SliceBudgetSeconds = 300, LeaseSeconds = 10 }, file.Worker);
        Assert.Equal(["products", "orders"], file.Collections.Select(c => c.Name));
        Assert.Equal(new LimitSettings { MaxQuarantined = new QuarantineLimit(2000, 0) }, file.Limits);
        Assert.Equal([new QuarantineLimit(0, 0.5m), new QuarantineLimit(2000, 0)], file.Collections.Select(file.MaxQuarantinedOf));
    }

    [Fact]
    public void A_collection_s_mapping_arrives_in_the_order_of_the_file()
    {
        var products = Load(SampleFiles.Full).Collections[0];

        Assert.Equal(new TableName("store", "items"), products.Table);
        Assert.Equal(["tenant", "id"], products.PrimaryKey);
        Assert.Equal(ConflictAction.Overwrite, products.OnConflict);
        Assert.Equal("""{"active":true}""", products.Filter);
        Assert.Equal(new UnmappedFields(UnmappedAction.Keep, "extra"), products.Unmapped);
        Assert.Equal(
            ["id text _id True 14", "tenant integer tenant True 15", "price numeric(18,2) price True 16", "city varchar(80) vendor.address.city False 17",
             "tags text[] tags False 18", "odd jsonb a.b.c False 19", "extra jsonb  False 20"],
            products.Columns.Select(c => $"{c.Name} {c.Type} {c.PathText} {c.Required} {c.Line}"));
        Assert.Equal(["a.b", "c"], products.Columns[5].Path);
        Assert.Empty(products.Columns[6].Path);
    }

    [Fact]
    public void What_the_file_leaves_out_has_the_documented_defaults()
    {
        var file = Load(SampleFiles.Smallest, "folder/sample.yaml");

        Assert.Equal("sample", file.Name);
        Assert.Null(file.Broker);
        Assert.Equal((new SliceSettings(), new WorkerSettings()), (file.Slices, file.Worker));
        Assert.Equal(new QuarantineLimit(1000, 10), file.MaxQuarantinedOf(file.Collections[0]));
        Assert.Equal((null, false, null), (file.Source.Database, file.Source.Live, file.Source.MaxRecordsPerSecond));
        var products = file.Collections[0];
        Assert.Equal((new TableName("public", "products"), null, ConflictAction.Fail, UnmappedFields.Ignore), (products.Table, products.Filter, products.OnConflict, products.Unmapped));
    }

    [Fact]
    public void A_listed_column_for_unmapped_fields_keeps_its_position_and_has_no_path()
    {
        var file = Load(SampleFiles.Smallest.Replace("      id:", "      extra: jsonb\n      id:", StringComparison.Ordinal) + "    unmapped: { column: extra }\n");

        Assert.Equal(["extra", "id"], file.Collections[0].Columns.Select(c => c.Name));
        Assert.Empty(file.Collections[0].Columns[0].Path);
    }

    [Fact]
    public void The_environment_overrides_the_file_s_connections_and_their_placeholders()
    {
        var text = SampleFiles.Smallest.Replace("localhost", "${NOT_SET}", StringComparison.Ordinal);
        var file = Load(text, environment: new()
        {
            ["MIGRATION_SOURCE"] = "mongodb://s/db",
            ["MIGRATION_TARGET"] = "Host=t;Database=db",
            ["MIGRATION_BROKER"] = "amqps://b",
        });

        Assert.Equal(("mongodb://s/db", "Host=t;Database=db", "amqps://b"), (file.Source.Uri, file.Target.Uri, file.Broker!.Uri));
    }

    [Fact]
    public void The_environment_can_supply_what_the_file_has_no_sections_for()
    {
        var file = Load(
            SampleFiles.Smallest[SampleFiles.Smallest.IndexOf("collections", StringComparison.Ordinal)..],
            environment: new() { ["MIGRATION_SOURCE"] = "mongodb://s/db", ["MIGRATION_TARGET"] = "postgres://t/db" });

        Assert.Equal("mongodb://s/db", file.Source.Uri);
    }

    [Fact]
    public void Placeholders_are_replaced_once_and_can_be_escaped()
    {
        var text = SampleFiles.Smallest + "    filter:\n      a: ${A}\n      b: $${A}\n      c: '${A}-${N}'\n      n: ${N}\n      q: \"${N}\"\n    table: ${TABLE}\n";
        var file = Load(text, environment: new() { ["A"] = "${N}", ["N"] = "7", ["TABLE"] = "s.t" });

        Assert.Equal("""{"a":"${N}","b":"${A}","c":"${N}-7","n":7,"q":"7"}""", file.Collections[0].Filter);
        Assert.Equal(new TableName("s", "t"), file.Collections[0].Table);
    }

    [Fact]
    public void A_file_s_text_is_put_in_without_its_last_line_end()
    {
        var folder = Directory.CreateTempSubdirectory("migration-file-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "password"), "p%40ss\r\n");
            File.WriteAllText(Path.Combine(folder.FullName, "m.yaml"), SampleFiles.Smallest.Replace("mongodb://localhost", "mongodb://u:${file:password}@localhost", StringComparison.Ordinal));

            Assert.Equal("mongodb://u:p%40ss@localhost/shop", MigrationFileLoader.Load(Path.Combine(folder.FullName, "m.yaml"), _ => null).Source.Uri);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("dump", "/data/dump")]
    [InlineData("../dump/shop", "/dump/shop")]
    [InlineData("/srv/shop.bson.gz", "/srv/shop.bson.gz")]
    public void A_dump_s_path_starts_from_the_file_s_folder(string written, string loaded)
    {
        var text = SampleFiles.Smallest.Replace("mongodb://localhost/shop", written, StringComparison.Ordinal);

        Assert.Equal(loaded, Load(text, "/data/m.yaml").Source.Uri);
    }

    [Theory]
    [InlineData("{ active: true }", """{"active":true}""")]
    [InlineData("{ price: { $gte: 10, $lt: 2.50 } }", """{"price":{"$gte":10,"$lt":2.50}}""")]
    [InlineData("{ a: 1.0, b: 1e3, c: -0, d: 007, e: +5, f: .5, g: 5. }", """{"a":1.0,"b":1e3,"c":-0,"d":7,"e":5,"f":{"$numberDouble":"0.5"},"g":{"$numberDouble":"5"}}""")]
    [InlineData("{ a: .inf, b: -.INF, c: .nan }", """{"a":{"$numberDouble":"Infinity"},"b":{"$numberDouble":"-Infinity"},"c":{"$numberDouble":"NaN"}}""")]
    [InlineData("{ a: '1', b: \"true\", c: !!str 5, d: null, e: ~, f: yes, g: 2024-01-01 }", """{"a":"1","b":"true","c":"5","d":null,"e":null,"f":"yes","g":"2024-01-01"}""")]
    [InlineData("{ _id: { $oid: 64f000000000000000000000 }, tags: { $in: [a, 'é'] } }", """{"_id":{"$oid":"64f000000000000000000000"},"tags":{"$in":["a","é"]}}""")]
    [InlineData("""'{ "n" : { "$numberDecimal" : "1.10" }, "x": 1.10 }'""", """{"n":{"$numberDecimal":"1.10"},"x":1.10}""")]
    [InlineData("{}", "{}")]
    public void A_filter_becomes_extended_json(string yaml, string json) =>
        Assert.Equal(json, Load(SampleFiles.Smallest + $"    filter: {yaml}\n").Collections[0].Filter);

    [Theory]
    [InlineData("t", "public", "t")]
    [InlineData("s.t", "s", "t")]
    [InlineData("'\"a.b\".\"c\"\"d\"'", "a.b", "c\"d")]
    public void A_table_s_name_may_have_a_schema_and_quotes(string yaml, string schema, string name) =>
        Assert.Equal(new TableName(schema, name), Load(SampleFiles.Smallest + $"    table: {yaml}\n").Collections[0].Table);

    [Theory]
    [InlineData("1024", 1024)]
    [InlineData("2 MB", 2_000_000)]
    [InlineData("64kib", 65_536)]
    [InlineData("1GiB", 1 << 30)]
    public void A_size_takes_units(string yaml, int bytes) =>
        Assert.Equal(bytes, Load($"worker: {{ batchBytes: {yaml} }}\n" + SampleFiles.Smallest).Worker.BatchBytes);

    [Fact]
    public void Aliases_repeat_what_their_anchor_says()
    {
        var text = SampleFiles.Smallest + "  - { name: b, primaryKey: id, columns: *columns }\n";
        var file = Load(text.Replace("columns:\n", "columns: &columns\n", StringComparison.Ordinal));

        Assert.Equal(file.Collections[0].Columns.Select(c => c.Name), file.Collections[1].Columns.Select(c => c.Name));
    }

    [Fact]
    public void A_lower_maxRecords_alone_lowers_minRecords_with_it() =>
        Assert.Equal(50, Load("slices: { maxRecords: 50 }\n" + SampleFiles.Smallest).Slices.MinRecords);

    private static MigrationFile Load(string text, string path = "sample.yaml", Dictionary<string, string?>? environment = null) =>
        MigrationFileLoader.LoadText(text, path, (environment ?? []).GetValueOrDefault);
}
