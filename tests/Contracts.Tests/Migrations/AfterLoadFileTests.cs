using System.Text;
using Migration.Contracts.Migrations;

namespace Migration.Contracts.Tests.Migrations;

public sealed class AfterLoadFileTests
{
    private const string Shop =
        """
        source: { uri: "mongodb://localhost/shop%20one" }
        target: { uri: "postgres://localhost/shop", schema: shop, parallelBuilds: 3 }
        collections:
          - name: products
            primaryKey: id
            columns:
              id: { path: _id, type: varchar(24) }
              vendor_id: { path: vendor, type: text, references: vendors }
              owner: text
              tags: "text[]"
              price: "numeric(18,2)"
            afterLoad:
              indexes:
                - vendor_id
                - [vendor_id, price]
                - { columns: [{ column: price, descending: true }, id], where: price > 100, unique: true, name: dear }
                - { columns: [{ column: tags, operators: array_ops }], method: gin }
              unique: [[owner, price]]
              foreignKeys:
                - { columns: owner, references: "people.owners(name)", onDelete: setNull, onUpdate: cascade, name: owned }
              analyze: false
          - name: vendors
            primaryKey: id
            columns: { id: { path: _id, type: text }, parent: { type: text, references: vendors } }
            afterLoad: { foreignKeys: [{ columns: parent, references: shop.vendors, onDelete: cascade }] }
          - name: orders
            primaryKey: id
            columns: { id: { path: _id, type: text } }

        """;

    [Fact]
    public void What_is_built_after_the_load_is_read_whole()
    {
        var file = Load(Shop);
        var products = file.Collections[0].AfterLoad!;

        Assert.Equal(3, file.Target.ParallelBuilds);
        Assert.Equal(
            ["products_vendor_id_idx", "products_vendor_id_price_idx", "dear", "products_tags_idx", "products_owner_price_key"],
            products.Indexes.Select(index => index.Name));
        Assert.Equal([new IndexColumn("price", IsDescending: true), new IndexColumn("id")], products.Indexes[2].Columns);
        Assert.True(products.Indexes[2] is { IsUnique: true, IsConstraint: false, Where: "price > 100", Method: "btree" });
        Assert.True(products.Indexes[3] is { Method: "gin", Columns: [{ Operators: "array_ops" }] });
        Assert.True(products.Indexes[4] is { IsUnique: true, IsConstraint: true });
        Assert.True(products is { Sequences: true, Analyze: false });
        Assert.True(products.ForeignKeys[0] is
        {
            Name: "owned", Columns: ["owner"], References: ["name"], OnDelete: ReferenceAction.SetNull, OnUpdate: ReferenceAction.Cascade,
        });
        Assert.Equal(new TableName("people", "owners"), products.ForeignKeys[0].Table);
        Assert.Null(file.Collections[2].AfterLoad);
    }

    [Fact]
    public void A_column_that_references_a_collection_has_a_foreign_key_onto_its_primary_key()
    {
        var file = Load(Shop);
        var key = file.Collections[0].AfterLoad!.ForeignKeys[1];

        Assert.Equal("products_vendor_id_fkey", key.Name);
        Assert.True(key is { Columns: ["vendor_id"], References: ["id"], OnDelete: ReferenceAction.NoAction });
        Assert.Equal(new TableName("shop", "vendors"), key.Table);
        Assert.Equal(new ColumnReference("vendors", "shop one"), file.Collections[0].Columns[1].References);
    }

    [Fact]
    public void A_foreign_key_of_the_list_takes_the_place_of_the_column_s()
    {
        var vendors = Load(Shop).Collections[1];

        Assert.Equal(ReferenceAction.Cascade, Assert.Single(vendors.AfterLoad!.ForeignKeys).OnDelete);
        Assert.Equal("vendors", vendors.Columns[1].References!.Collection);
    }

    [Fact]
    public void A_child_s_table_has_its_own_with_a_foreign_key_onto_its_parent()
    {
        var file = Load(
            """
            source: { uri: "mongodb://localhost/shop" }
            target: { uri: "postgres://localhost/shop", schema: shop }
            collections:
              - name: products
                primaryKey: [tenant, id]
                columns: { tenant: int, id: { path: _id, type: text } }
                children:
                  - path: variants
                    table: variants
                    columns: { sku: text, vendor: { type: text, references: vendors } }
                    afterLoad: { parent: cascade, indexes: [sku], unique: [[products_id, sku]] }
                    children:
                      - path: makers
                        table: makers
                        parentKey: [tenant, product, variant]
                        columns: { maker: { path: ".", type: text, references: vendors } }
                        afterLoad: { parent: noAction, foreignKeys: [{ columns: [tenant, product], references: products }] }
              - name: vendors
                primaryKey: id
                columns: { id: { path: _id, type: text } }

            """);
        var variants = file.Collections[0].Children![0];
        var makers = variants.Children![0];

        Assert.Equal(["variants_sku_idx", "variants_products_id_sku_key"], variants.AfterLoad!.Indexes.Select(index => index.Name));
        Assert.Equal(
            ["shop.products (tenant, id) Cascade", "shop.vendors (id) NoAction"], variants.AfterLoad.ForeignKeys.Select(Text));
        Assert.Equal(["products_tenant", "products_id"], variants.AfterLoad.ForeignKeys[0].Columns);
        Assert.Equal(
            ["shop.variants (products_tenant, products_id, ordinal) NoAction", "shop.products (tenant, id) NoAction", "shop.vendors (id) NoAction"],
            makers.AfterLoad!.ForeignKeys.Select(Text));
        Assert.True(makers.Columns is [{ IsElement: true, References: { Collection: "vendors", Database: "shop" } }]);
        Assert.Equal(makers.AfterLoad, ChildTable.Of(file.Collections[0])[1].Mapping.AfterLoad);

        static string Text(ForeignKey key) => $"{key.Table} ({string.Join(", ", key.References)}) {key.OnDelete}";
    }

    [Fact]
    public void Names_that_PostgreSQL_would_cut_end_in_a_hash_of_the_whole()
    {
        var (one, other) = (NameFor(new string('ä', 60) + "one"), NameFor(new string('ä', 60) + "two"));

        Assert.NotEqual(one, other);
        Assert.Equal(one, NameFor(new string('ä', 60) + "one"));
        Assert.InRange(Encoding.UTF8.GetByteCount(one), 60, 63);
        Assert.Matches("^products_äää.*_[0-9a-f]{8}_idx$", one);
    }

    [Fact]
    public void The_ledger_s_copy_is_the_same_file()
    {
        var file = Load(Shop);
        var json = StoredMigrationFile.ToStoredJson(file);
        var read = StoredMigrationFile.FromStoredJson(json);

        Assert.Equal(json, StoredMigrationFile.ToStoredJson(read));
        Assert.Equivalent(file.Collections, read.Collections, strict: true);
    }

    [Theory]
    [InlineData("where: price > 100", "where: price > 200")]
    [InlineData("      unique: [[owner, price]]\n", "")]
    [InlineData("onDelete: setNull", "onDelete: restrict")]
    [InlineData("      analyze: false\n", "      sequences: false\n")]
    [InlineData(", parallelBuilds: 3", ", parallelBuilds: 8")]
    public void What_is_built_may_change_between_resumes(string before, string after)
    {
        Assert.Contains(before, Shop, StringComparison.Ordinal);
        Assert.Empty(MigrationFileChanges.Between(Load(Shop), Load(Shop.Replace(before, after, StringComparison.Ordinal))));
    }

    [Fact]
    public void What_a_column_references_may_not_for_it_decides_which_records_fit()
        => Assert.Equal(
            ["collections.products.columns.vendor_id.references: vendors -> orders"],
            MigrationFileChanges.Between(Load(Shop), Load(Shop.Replace("type: text, references: vendors }\n      owner", "type: text, references: orders }\n      owner", StringComparison.Ordinal))));

    private static string NameFor(string column)
        => Load(
            $$"""
            source: { uri: "mongodb://localhost/shop" }
            target: { uri: "postgres://localhost/shop" }
            collections:
              - name: products
                primaryKey: id
                columns: { id: text, short: text, "{{column[40..]}}": text }
                afterLoad: { indexes: [["{{column[40..]}}", short, id]] }

            """).Collections[0].AfterLoad!.Indexes[0].Name;

    private static MigrationFile Load(string text) => MigrationFileLoader.LoadText(text, "m.yaml", _ => null);
}
