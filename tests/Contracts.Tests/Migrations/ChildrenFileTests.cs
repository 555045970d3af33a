using Migration.Contracts.Migrations;

namespace Migration.Contracts.Tests.Migrations;

public sealed class ChildrenFileTests
{
    private const string Shop =
        """
        source: { uri: "mongodb://localhost/shop" }
        target: { uri: "postgres://localhost/shop", schema: shop }
        collections:
          - name: products
            primaryKey: [tenant, id]
            onConflict: overwrite
            columns: { id: { path: _id, type: text }, tenant: int }
            children:
              - path: variants
                table: variants
                parentKey: [tenant, product_id]
                ordinal: position
                columns: { sku: { type: text, required: true }, price: "numeric(18,2)" }
                unmapped: { column: extra }
                children:
                  - path: media.images
                    table: store.images
                    primaryKey: [url, variants_tenant]
                    columns: { url: text }
              - path: tags
                table: tags
                columns: { tag: { path: ".", type: varchar(80), transform: lower } }

        """;

    [Fact]
    public void A_child_has_the_key_of_its_parent_its_place_and_columns_of_its_own()
    {
        var tables = ChildTable.Of(Load(Shop).Collections[0]);

        Assert.Equal(["shop.variants", "store.images", "shop.tags"], tables.Select(table => table.Mapping.Table.ToString()));
        Assert.Equal([-1, 0, -1], tables.Select(table => table.ParentPlace));
        Assert.Equal(
            ["tenant integer", "product_id text", "position integer", "sku text", "price numeric(18,2)", "extra jsonb"],
            tables[0].Mapping.Columns.Select(column => $"{column.Name} {column.Type}"));
        Assert.Equal(["tenant", "product_id", "position"], tables[0].Mapping.PrimaryKey);
        Assert.Equal(
            ["variants_tenant integer", "variants_product_id text", "variants_position integer", "ordinal integer", "url text"],
            tables[1].Mapping.Columns.Select(column => $"{column.Name} {column.Type}"));
        Assert.Equal(["url", "variants_tenant"], tables[1].Mapping.PrimaryKey);
        Assert.True(tables[1].Mapping.Columns[^1].Required);
        Assert.Equal(["media", "images"], tables[1].Child.Path);
        Assert.Equal(["products_tenant", "products_id", "ordinal", "tag"], tables[2].Mapping.Columns.Select(column => column.Name));
        Assert.True(tables[2].Mapping.Columns[^1] is { IsElement: true, Path.Count: 0, Transforms: [{ Kind: TransformKind.Lower }] });
        Assert.All(tables, table => Assert.Equal(ConflictAction.Fail, table.Mapping.OnConflict));
    }

    [Fact]
    public void What_the_ledger_keeps_is_the_file()
    {
        var file = Load(Shop);
        var json = StoredMigrationFile.ToStoredJson(file);
        var read = StoredMigrationFile.FromStoredJson(json);

        Assert.Equal(json, StoredMigrationFile.ToStoredJson(read));
        Assert.Empty(MigrationFileChanges.Between(file, read));
        Assert.Equal(MigrationFileFingerprint.Of(file), MigrationFileFingerprint.Of(read));
    }

    [Theory]
    [InlineData("path: variants", "path: kinds", "path: variants -> kinds")]
    [InlineData("ordinal: position", "ordinal: place", """ordinal: position -> place|primaryKey: ["tenant", "product_id", "position"] -> ["tenant", "product_id", "place"]""")]
    [InlineData("[url, variants_tenant]", "[url]", """children.store\.images.primaryKey: ["url", "variants_tenant"] -> ["url"]""")]
    [InlineData("media.images", "images", """children.store\.images.path: media.images -> images""")]
    public void What_tables_and_rows_there_are_may_not_change(string before, string after, string sentences)
    {
        var expected = sentences.Replace("store\\.images", "\"store.images\"", StringComparison.Ordinal).Split('|')
            .Select(sentence => $"collections.products.children.\"shop.variants\".{sentence}");
        var (old, changed) = (Load(Shop), Load(Changed(before, after)));

        Assert.Equal(expected, MigrationFileChanges.Between(old, changed).Where(change => !change.Contains("parentKey", StringComparison.Ordinal)));
        Assert.NotEmpty(MigrationFileChanges.ForReplayBetween(old, changed));
    }

    [Theory]
    [InlineData("numeric(18,2)", "numeric(20,2)", """collections.products.children."shop.variants".columns.price.type: numeric(18,2) -> numeric(20,2)""")]
    [InlineData("unmapped: { column: extra }", "unmapped: fail", """collections.products.children."shop.variants".columns.extra: present -> removed|collections.products.children."shop.variants".unmapped: keep in "extra" -> fail""")]
    [InlineData("path: \".\", ", "", """collections.products.children."shop.tags".columns.tag.path: . -> tag""")]
    [InlineData("{ url: text }", "{ url: varchar(900) }", """collections.products.children."shop.variants".children."store.images".columns.url.type: text -> varchar(900)""")]
    public void How_elements_are_mapped_may_be_mended_for_a_replay_only(string before, string after, string sentences)
    {
        var (old, changed) = (Load(Shop), Load(Changed(before, after)));

        Assert.Equal(sentences.Split('|'), MigrationFileChanges.Between(old, changed));
        Assert.Empty(MigrationFileChanges.ForReplayBetween(old, changed));
    }

    [Fact]
    public void A_child_that_goes_is_one_change()
    {
        var changed = Load(Shop[..Shop.IndexOf("      - path: tags", StringComparison.Ordinal)]);

        Assert.Equal(["""collections.products.children."shop.tags": present -> removed"""], MigrationFileChanges.Between(Load(Shop), changed));
    }

    private static string Changed(string before, string after)
    {
        Assert.Contains(before, Shop, StringComparison.Ordinal);
        return Shop.Replace(before, after, StringComparison.Ordinal);
    }

    private static MigrationFile Load(string text) => MigrationFileLoader.LoadText(text, "m.yaml", _ => null);
}
