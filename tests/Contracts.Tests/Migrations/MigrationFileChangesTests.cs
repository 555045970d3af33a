using Migration.Contracts.Migrations;

namespace Migration.Contracts.Tests.Migrations;

public sealed class MigrationFileChangesTests
{
    [Theory]
    [InlineData("numeric(18,2)", "numeric(12,2)", "collections.products.columns.price.type: numeric(18,2) -> numeric(12,2)")]
    [InlineData("path: price", "path: cost", "collections.products.columns.price.path: price -> cost")]
    [InlineData("required: true", "required: false", "collections.products.columns.price.required: true -> false")]
    [InlineData("[tenant, id]", "[id, tenant]", """collections.products.primaryKey: ["tenant", "id"] -> ["id", "tenant"]""")]
    [InlineData("filter: { active: true }", "filter: { active: false }", """collections.products.filter: {"active":true} -> {"active":false}""")]
    [InlineData("onConflict: overwrite", "onConflict: skip", "collections.products.onConflict: overwrite -> skip")]
    [InlineData("table: items", "table: things", """collections.products.table: "store"."items" -> "store"."things" """)]
    [InlineData("unmapped: fail", "unmapped: ignore", "collections.orders.unmapped: fail -> ignore")]
    [InlineData("      tags: text[]\n", "", "collections.products.columns.tags: present -> removed")]
    [InlineData("      tags: text[]\n", "      tags: text[]\n      more.tags: text\n", "collections.products.columns.\"more.tags\": absent -> present")]
    [InlineData("name: orders", "name: sales\n    table: orders", "collections.orders: present -> removed|collections.sales: absent -> present")]
    [InlineData("mongo:27017", "mongo2:27017", "source.uri: mongodb://mongo:27017 -> mongodb://mongo2:27017")]
    [InlineData("pg:5432/shop", "pg:5432/shop2", "target.uri: postgresql://pg:5432/shop -> postgresql://pg:5432/shop2")]
    [InlineData("database: shop", "database: store", "source.database: shop -> store")]
    [InlineData("live: true", "live: false", "source.live: true -> false")]
    [InlineData("maxRecords: 1000,", "maxRecords: 2000,", "slices.maxRecords: 1000 -> 2000")]
    public void A_change_of_what_a_run_does_is_named(string before, string after, string sentences)
    {
        var (old, changed) = (Load(SampleFiles.Full), Load(Changed(before, after)));

        Assert.Equal(sentences.Trim().Split('|'), MigrationFileChanges.Between(old, changed));
        Assert.NotEqual(MigrationFileFingerprint.Of(old), MigrationFileFingerprint.Of(changed));
    }

    [Theory]
    [InlineData("transform: trim", "transform: lower", "transform")]
    [InlineData("transform: trim", "transform: [trim, lower]", "transform")]
    [InlineData("transform: { truncate: 5 }", "transform: { truncate: 6 }", "transform")]
    [InlineData("transform: { map: { a: b } }", "transform: { map: { a: c } }", "transform")]
    [InlineData("default: x", "default: y", "default")]
    [InlineData("constant: x", "constant: y", "constant")]
    public void A_change_of_what_becomes_of_a_value_is_named(string before, string after, string key)
    {
        var (old, changed) = (Load(WithTags(before)), Load(WithTags(after)));

        var change = Assert.Single(MigrationFileChanges.Between(old, changed));
        Assert.StartsWith($"collections.products.columns.tags.{key}: ", change, StringComparison.Ordinal);
        Assert.NotEqual(MigrationFileFingerprint.Of(old), MigrationFileFingerprint.Of(changed));

        static string WithTags(string setting) => Changed("      tags: text[]\n", $"      tags: {{ type: text, {setting} }}\n");
    }

    [Theory]
    [InlineData("name: shop\n", "name: other\n")]
    [InlineData("maxQuarantined: 0.5%", "maxQuarantined: 3%")]
    [InlineData("limits: { maxQuarantined: 2000 }", "")]
    [InlineData("reader:pw1", "other:changed")]
    [InlineData("writer:pw2", "writer:changed")]
    [InlineData("postgres://writer", "postgresql://writer")]
    [InlineData("?sslmode=require", "")]
    [InlineData("amqp://app:pw3@rabbit", "amqps://app:pw3@other")]
    [InlineData("maxRecordsPerSecond: 1000", "maxRecordsPerSecond: 5")]
    [InlineData("maxConnections: 90", "maxConnections: 40")]
    [InlineData(", maxConnections: 90", "")]
    [InlineData("maxAttempts: 3", "maxAttempts: 9")]
    [InlineData("batchBytes: 1MiB", "batchBytes: 2MiB")]
    [InlineData("worker: { slices: 4", "worker: { slices: 8")]
    [InlineData("collections:\n", "# moves every line\n\ncollections:\n")]
    [InlineData("{ active: true }", "'{\"active\" : true}'")]
    [InlineData("tenant: int", "tenant: { type: integer, path: tenant }")]
    public void What_may_change_on_resume_changes_no_fingerprint(string before, string after)
    {
        var (old, changed) = (Load(SampleFiles.Full), Load(Changed(before, after)));

        Assert.Empty(MigrationFileChanges.Between(old, changed));
        Assert.Equal(MigrationFileFingerprint.Of(old), MigrationFileFingerprint.Of(changed));
    }

    [Fact]
    public void A_file_from_the_ledger_equals_the_file_that_was_stored()
    {
        var file = Load(SampleFiles.Full);
        var stored = StoredMigrationFile.FromStoredJson(StoredMigrationFile.ToStoredJson(file));

        Assert.Empty(MigrationFileChanges.Between(stored, file));
        Assert.Equal(MigrationFileFingerprint.Of(stored), MigrationFileFingerprint.Of(file));
        Assert.Matches("^[0-9a-f]{64}$", MigrationFileFingerprint.Of(file));
    }

    private static string Changed(string before, string after)
    {
        Assert.Contains(before, SampleFiles.Full, StringComparison.Ordinal);
        return SampleFiles.Full.Replace(before, after, StringComparison.Ordinal);
    }

    private static MigrationFile Load(string text) => MigrationFileLoader.LoadText(text, "m.yaml", _ => null);
}
