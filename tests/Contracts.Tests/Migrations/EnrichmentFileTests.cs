using System.Text.Json.Nodes;
using Migration.Contracts.Migrations;

namespace Migration.Contracts.Tests.Migrations;

public sealed class EnrichmentFileTests
{
    private const string Http =
        """
        source: { uri: "mongodb://localhost/shop" }
        target: { uri: "postgres://localhost/shop" }
        worker: { enrichConcurrency: 100 }
        collections:
          - name: products
            primaryKey: id
            columns:
              id: { path: _id, type: text }
              city: text
              country: { type: text, enriched: true, required: true }
              score: { type: float8, enriched: true }
            enrich:
              - http:
                  url: "https://${GEO}/v1"
                  headers: { Authorization: "Bearer ${TOKEN}" }
                  send: { q: city, ref: id }
                  take: { country: address.country, score: . }
                  batch: 50
                  answers: data.results
                  retries: 5
                  maxPerSecond: 10
              - http: { url: "http://localhost/{city}/{id}?x={city}", take: { score: s.0 }, onFailure: keepOriginal }

        """;

    [Fact]
    public void A_step_says_what_it_reads_and_writes()
    {
        var collection = Load(Http).Collections[0];

        var first = Assert.IsType<HttpStep>(collection.Enrichment[0]);
        Assert.Equal(["city", "id"], first.Reads);
        Assert.Equal(["country", "score"], first.Writes);
        Assert.Equal(["address", "country"], first.Take["country"]);
        Assert.Empty(first.Take["score"]);
        Assert.Equal(("POST", 50, 14), (first.Method, first.Batch, first.Line));
        Assert.Equal(new CallSettings { Retries = 5, MaxPerSecond = 10 }, first.Calls);
        var second = Assert.IsType<HttpStep>(collection.Enrichment[1]);
        Assert.Equal(["city", "id"], second.Reads);
        Assert.Equal(("GET", StepFailureAction.KeepOriginal), (second.Method, second.OnFailure));
        Assert.True(collection.Columns[2] is { IsEnriched: true, Required: true, Path.Count: 0 });
        Assert.Equal(100, Load(Http).Worker.EnrichConcurrency);
    }

    [Fact]
    public void The_ledger_keeps_the_placeholders_of_addresses_and_headers_and_not_what_they_stand_for()
    {
        var file = Load(Http);
        var json = StoredMigrationFile.ToStoredJson(file);

        Assert.DoesNotContain("hunter2", json, StringComparison.Ordinal);
        Assert.Contains("Bearer ${TOKEN}", json, StringComparison.Ordinal);
        var read = StoredMigrationFile.FromStoredJson(json);
        Assert.Equal(json, StoredMigrationFile.ToStoredJson(read));
        Assert.Empty(MigrationFileChanges.Between(file, read));
        Assert.Equal("Bearer hunter2", DeferredText.Resolve(((HttpStep)read.Collections[0].Enrichment[0]).Headers["Authorization"], Environment));
    }

    [Fact]
    public void A_file_is_read_from_the_ledger_in_whatever_order_its_keys_have()
    {
        var file = Load(Http);

        var read = StoredMigrationFile.FromStoredJson(Reversed(JsonNode.Parse(StoredMigrationFile.ToStoredJson(file)))!.ToJsonString());

        Assert.Empty(MigrationFileChanges.Between(file, read));
        Assert.Equal(2, read.Collections[0].Enrichment.Count);

        static JsonNode? Reversed(JsonNode? node) => node switch
        {
            JsonObject map => new JsonObject(map.Reverse().Select(entry => KeyValuePair.Create(entry.Key, Reversed(entry.Value)))),
            JsonArray list => new JsonArray([.. list.Select(Reversed)]),
            _ => node?.DeepClone(),
        };
    }

    [Theory]
    [InlineData("retries: 5", "retries: 9")]
    [InlineData("maxPerSecond: 10", "timeoutSeconds: 3")]
    [InlineData("enrichConcurrency: 100", "enrichConcurrency: 9")]
    [InlineData("collections:\n", "# moves every line\n\ncollections:\n")]
    public void How_fast_and_how_patiently_steps_call_may_change_on_resume(string before, string after)
        => Assert.Empty(MigrationFileChanges.Between(Load(Http), Load(Http.Replace(before, after, StringComparison.Ordinal))));

    [Theory]
    [InlineData("batch: 50", "batch: 20", "collections.products.enrich.0.batch: 50 -> 20")]
    [InlineData("score: s.0", "score: t.0", """collections.products.enrich.1.take: {"score":["s","0"]} -> {"score":["t","0"]}""")]
    [InlineData("onFailure: keepOriginal", "onFailure: null", "collections.products.enrich.1.onFailure: \"keepOriginal\" -> \"null\"")]
    public void What_a_step_gives_to_rows_may_be_mended_for_a_replay_only(string before, string after, string sentence)
    {
        var (old, changed) = (Load(Http), Load(Http.Replace(before, after, StringComparison.Ordinal)));

        Assert.Equal([sentence], MigrationFileChanges.Between(old, changed));
        Assert.NotEqual(MigrationFileFingerprint.Of(old), MigrationFileFingerprint.Of(changed));
        Assert.Empty(MigrationFileChanges.ForReplayBetween(old, changed));
    }

    [Fact]
    public void A_plugin_s_settings_stay_as_they_are_written_and_may_not_change_on_resume()
    {
        const string Plugin =
            """
            source: { uri: "mongodb://localhost/shop" }
            target: { uri: "postgres://localhost/shop" }
            collections:
              - name: products
                primaryKey: id
                columns: { id: { path: _id, type: text }, price: numeric, euros: { type: numeric, enriched: true } }
                enrich:
                  - plugin: { folder: /plugins/c, class: Shop.Outer+Inner, settings: { apiKey: "${TOKEN}", digits: 2 }, read: [price, id, price], write: euros, batch: 5 }

            """;
        var file = Load(Plugin);
        var step = Assert.IsType<PluginStep>(file.Collections[0].Enrichment[0]);

        Assert.Equal(["price", "id"], step.Reads);
        Assert.Equal(["euros"], step.Writes);
        Assert.Equal((8, 5, 30, StepFailureAction.Quarantine), (step.Line, step.Batch, step.TimeoutSeconds, step.OnFailure));
        Assert.Equal("hunter2", DeferredText.Resolve(step.Settings["apiKey"], Environment));
        var json = StoredMigrationFile.ToStoredJson(file);
        Assert.DoesNotContain("hunter2", json, StringComparison.Ordinal);
        Assert.Empty(MigrationFileChanges.Between(file, StoredMigrationFile.FromStoredJson(json)));
        Assert.Empty(MigrationFileChanges.Between(file, Load(Plugin.Replace("batch: 5", "batch: 5, timeoutSeconds: 9", StringComparison.Ordinal))));
        Assert.Equal(
            ["""collections.products.enrich.0.settings: {"apiKey":"${TOKEN}","digits":"2"} -> {"apiKey":"${TOKEN}","digits":"3"}"""],
            MigrationFileChanges.Between(file, Load(Plugin.Replace("digits: 2", "digits: 3", StringComparison.Ordinal))));
        Assert.Equal(
            ["collections.products.enrich.0.class: \"Shop.Outer\\u002BInner\" -> \"Shop.Outer\\u002BOther\""],
            MigrationFileChanges.Between(file, Load(Plugin.Replace("+Inner", "+Other", StringComparison.Ordinal))));
    }

    private static MigrationFile Load(string text) => MigrationFileLoader.LoadText(text, "m.yaml", Environment);

    private static string? Environment(string name) => name switch { "GEO" => "hunter2.example", "TOKEN" => "hunter2", _ => null };
}
