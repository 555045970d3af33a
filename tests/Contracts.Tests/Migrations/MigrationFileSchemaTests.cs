using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Migration.Contracts.Migrations;
using Migration.Contracts.Migrations.Loading;

namespace Migration.Contracts.Tests.Migrations;

/// <summary>The schema says what the loader does: the same keys, words and ranges.</summary>
public sealed class MigrationFileSchemaTests
{
    private static readonly JsonObject Schema = JsonNode.Parse(MigrationFileSchema.Read())!.AsObject();

    private static readonly JsonSerializerOptions CamelCase = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    [Fact]
    public void Schema_and_loader_know_the_same_keys()
    {
        Assert.Equal(TopSection.Keys.Order(), Keys(Schema));
        Assert.Equal(SourceSection.Keys.Order(), Keys(Definition("source")));
        Assert.Equal(TargetSection.Keys.Order(), Keys(Definition("target")));
        Assert.Equal(BrokerSection.Keys.Order(), Keys(Definition("broker")));
        Assert.Equal(SlicesSection.Keys.Order(), Keys(Definition("slices")));
        Assert.Equal(WorkerSection.Keys.Order(), Keys(Definition("worker")));
        Assert.Equal(LimitsSection.Keys.Order(), Keys(Definition("limits")));
        Assert.Equal(CollectionSection.Keys.Order(), Keys(Definition("collection")));
        Assert.Equal(ChildrenSection.Keys.Order(), Keys(Definition("child")));
        Assert.Equal(ColumnsSection.Keys.Order(), Keys(Definition("column")));
        Assert.Equal(UnmappedSection.Keys.Order(), Keys(Definition("unmapped")));
        Assert.Equal(EnrichSection.Kinds.Order(), Keys(Definition("enrichStep")));
        Assert.Equal(HttpStepSection.Keys.Order(), Keys(Definition("http")));
        Assert.Equal(RehostStepSection.Keys.Order(), Keys(Definition("rehost")));
        Assert.Equal(StoreSection.Keys.Order(), Keys(Definition("store")));
        Assert.Equal(LookupStepSection.Keys.Order(), Keys(Definition("lookup")));
        Assert.Equal(PluginStepSection.Keys.Order(), Keys(Definition("plugin")));
        Assert.Equal(AfterLoadSection.Keys.Order(), Keys(Definition("afterLoad")));
        Assert.Equal(AfterLoadSection.KeysOfChild.Order(), Keys(Definition("afterLoadOfChild")));
        Assert.Equal(IndexSection.Keys.Order(), Keys(Definition("index")));
        Assert.Equal(IndexSection.UniqueKeys.Order(), Keys(Definition("unique")));
        Assert.Equal(BuildColumns.Keys.Order(), Keys(Definition("indexColumn")));
        Assert.Equal(ForeignKeySection.Keys.Order(), Keys(Definition("foreignKey")));
    }

    [Fact]
    public void Schema_and_loader_know_the_same_words()
    {
        Assert.Equal(CollectionSection.ConflictActions, Words("onConflict"));
        Assert.Equal(UnmappedSection.Words, Words("unmapped"));
        Assert.Equal(UnmappedSection.Words, Words("child", "unmapped"));
        Assert.Equal(HttpStepSection.Methods, Words("http", "method"));
        Assert.Equal(FailureActionText.Words, Words("http", "onFailure"));
        Assert.Equal(UnfitSection.Words, Definition("unfitChoice")["anyOf"]![0]!["enum"]!.AsArray().Select(word => (string)word!));
        Assert.Equal(FailureActionText.Words, Words("plugin", "onFailure"));
        Assert.Equal(ForeignKeySection.ParentActions, Words("afterLoadOfChild", "parent"));
        Assert.Equal(IndexSection.Methods, Words("index", "method"));
        Assert.Equal(ForeignKeySection.Actions, Words("foreignKey", "onDelete"));
        Assert.Equal(ForeignKeySection.Actions, Words("foreignKey", "onUpdate"));
        Assert.Equal(TransformsSection.Words, Transforms[0]!["enum"]!.AsArray().Select(word => (string)word!));
        Assert.Equal(TransformsSection.Keys, Transforms.Skip(1).Select(transform => (string)transform!["required"]![0]!));
        Assert.Equal(TransformsSection.RegexKeys.Order(), Keys(Transforms.Single(t => (string?)t!["required"]?[0] == "regex")!["properties"]!["regex"]!.AsObject()));
    }

    public static TheoryData<string, string, int, int> Ranges()
    {
        var ranges = new TheoryData<string, string, int, int>();
        foreach (var section in new[] { "source", "slices", "worker" })
        {
            foreach (var (key, setting) in Definition(section)["properties"]!.AsObject())
            {
                if (setting!["anyOf"]?[0] is { } number && (string?)number["type"] == "integer")
                {
                    ranges.Add(section, key, (int)number["minimum"]!, (int)number["maximum"]!);
                }
            }
        }

        return ranges;
    }

    [Fact]
    public void Every_number_of_the_file_has_a_range() => Assert.Equal(13, Ranges().ToList().Count);

    [Theory]
    [MemberData(nameof(Ranges))]
    public void Schema_and_loader_have_the_same_ranges(string section, string key, int lowest, int highest)
    {
        Assert.Empty(MistakesWith(section, key, lowest));
        Assert.Empty(MistakesWith(section, key, highest));
        Assert.Contains(MistakesWith(section, key, lowest - 1L), m => m.Text.StartsWith($"{section}.{key} is ", StringComparison.Ordinal));
        Assert.Contains(MistakesWith(section, key, highest + 1L), m => m.Text.StartsWith($"{section}.{key} is ", StringComparison.Ordinal));
    }

    [Fact]
    public void The_schema_s_defaults_are_the_model_s()
    {
        foreach (var (name, settings) in new (string, object)[] { ("slices", new SliceSettings()), ("worker", new WorkerSettings()) })
        {
            var model = JsonSerializer.SerializeToNode(settings, CamelCase)!.AsObject();
            foreach (var (key, setting) in Definition(name)["properties"]!.AsObject().Where(p => p.Key != "batchBytes"))
            {
                Assert.Equal((int?)model[key], (int?)setting!["default"]);
            }
        }

        Assert.Equal("32MiB", (string?)Definition("worker")["properties"]!["batchBytes"]!["default"]);
        Assert.Equal(32 * 1024 * 1024, new WorkerSettings().BatchBytes);
    }

    [Theory]
    [InlineData("1000")]
    [InlineData("0")]
    [InlineData("1%")]
    [InlineData("0.5 %")]
    [InlineData("100%")]
    [InlineData("100.5%")]
    [InlineData("101%")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("1 000")]
    [InlineData("many")]
    public void Schema_and_loader_take_the_same_limits(string text)
    {
        var pattern = (string)Schema["$defs"]!["maxQuarantined"]!["anyOf"]![1]!["pattern"]!;

        Assert.Equal(QuarantineLimit.Parse(text) is not null, Regex.IsMatch(text, pattern));
    }

    private static JsonArray Transforms => Definition("transform")["anyOf"]!.AsArray();

    private static JsonObject Definition(string name) => Schema["$defs"]![name]!.AsObject();

    private static IEnumerable<string> Keys(JsonObject section)
    {
        Assert.False((bool)section["additionalProperties"]!);
        return section["properties"]!.AsObject().Select(p => p.Key).Order();
    }

    private static IEnumerable<string> Words(string key) => Words("collection", key);

    private static IEnumerable<string> Words(string definition, string key) =>
        Definition(definition)["properties"]![key]!["anyOf"]![0]!["enum"]!.AsArray().Select(word => (string)word!);

    private static IReadOnlyList<MigrationFileMistake> MistakesWith(string section, string key, long value)
    {
        // Room above or below for the one of the two bounds that is not tried.
        var pair = key switch { "minRecords" => ", maxRecords: 100000000", "maxRecords" => ", minRecords: 1", _ => "" };
        var setting = $"{key}: {value}{pair}";
        var text = section == "source"
            ? SampleFiles.Smallest.Replace("shop\" }\ntarget", $"shop\", {setting} }}\ntarget", StringComparison.Ordinal)
            : $"{section}: {{ {setting} }}\n{SampleFiles.Smallest}";
        try
        {
            MigrationFileLoader.LoadText(text, "m.yaml", _ => null);
            return [];
        }
        catch (MigrationFileException e)
        {
            return e.Mistakes;
        }
    }
}
