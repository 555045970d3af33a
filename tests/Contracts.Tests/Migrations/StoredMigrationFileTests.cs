using CsCheck;
using Migration.Contracts.Migrations;

namespace Migration.Contracts.Tests.Migrations;

public sealed class StoredMigrationFileTests
{
    private static readonly Gen<string> Passwords = Gen.String[Gen.Char["ZQXJ0123456789@:/?#%&"], 4, 12].Select(s => "ZQ" + s);

    [Fact]
    public void A_stored_file_is_read_back_whole()
    {
        var file = Load(SampleFiles.Full);
        var json = StoredMigrationFile.ToStoredJson(file);
        var read = StoredMigrationFile.FromStoredJson(json);

        Assert.Equal(json, StoredMigrationFile.ToStoredJson(read));
        var again = read.WithConnections(file.Source.Uri, file.Target.Uri, file.Broker!.Uri);
        Assert.Equivalent(file, again, strict: true);
        Assert.Equal(file.Collections[0].Columns[5].Path, read.Collections[0].Columns[5].Path);
    }

    [Fact]
    public void The_stored_text_is_pinned() =>
        Assert.Equal(
            """
            {"collections":[{"columns":[{"line":6,"name":"id","path":["_id"],"required":true,"transforms":[],"type":"text"}],"name":"products","onConflict":"fail","primaryKey":["id"],"table":{"name":"products","schema":"public"},"unmapped":{"action":"ignore"}}],"limits":{"maxQuarantined":{"percent":10,"records":1000}},"name":"m","slices":{"maxAttempts":5,"maxRecords":50000,"minRecords":100,"targetSeconds":60},"source":{"live":false,"uri":"mongodb://localhost/shop"},"target":{"schema":"public","uri":"postgres://localhost/shop"},"worker":{"batchBytes":33554432,"batchRecords":100000,"enrichConcurrency":64,"leaseSeconds":30,"progressSeconds":300,"sliceBudgetSeconds":600,"slices":2}}
            """.Replace("\"line\":6", "\"line\":7", StringComparison.Ordinal),
            StoredMigrationFile.ToStoredJson(Load(SampleFiles.Smallest)));

    [Fact]
    public void No_password_is_stored() =>
        Passwords.Sample(password =>
        {
            var encoded = Uri.EscapeDataString(password);
            var environment = new Dictionary<string, string?>
            {
                ["MIGRATION_SOURCE"] = $"mongodb://u:{encoded}@h/db?authMechanismProperties=x:{encoded}",
                ["MIGRATION_TARGET"] = $"Host=h;Password=\"{password}\"",
                ["MIGRATION_BROKER"] = $"amqp://u:{encoded}@h",
            };
            var json = StoredMigrationFile.ToStoredJson(MigrationFileLoader.LoadText(SampleFiles.Smallest, "m.yaml", environment.GetValueOrDefault));
            return !json.Contains("ZQ", StringComparison.Ordinal);
        });

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("not json")]
    public void What_another_version_stored_is_refused(string json) =>
        Assert.Contains("use the version", Assert.Throws<FormatException>(() => StoredMigrationFile.FromStoredJson(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_setting_that_this_version_does_not_know_is_refused()
    {
        var json = StoredMigrationFile.ToStoredJson(Load(SampleFiles.Smallest)).Replace("\"onConflict\"", "\"transform\":1,\"onConflict\"", StringComparison.Ordinal);

        Assert.Throws<FormatException>(() => StoredMigrationFile.FromStoredJson(json));
    }

    private static MigrationFile Load(string text) => MigrationFileLoader.LoadText(text, "m.yaml", _ => null);
}
