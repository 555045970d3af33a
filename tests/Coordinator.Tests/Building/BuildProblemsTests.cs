using Migration.Contracts.Migrations;
using Migration.Coordinator.Building;

namespace Migration.Coordinator.Tests.Building;

/// <summary>What would fail after the load is said before it.</summary>
public sealed class BuildProblemsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_can_be_built_is_no_problem_whether_the_tables_are_there_or_not()
    {
        await using var bed = await BuildBed.CreateAsync();
        var file = BuildBed.File("indexes: [vendor, { columns: price, where: price > 5 }], foreignKeys: [{ columns: vendor, references: vendors }]");

        Assert.Empty(await FindAsync(bed, file));
        await bed.BuildAsync(file);
        Assert.Empty(await FindAsync(bed, file));
        await bed.ExecuteAsync("DROP SCHEMA shop CASCADE");
        Assert.Empty(await FindAsync(bed, file));
    }

    [Fact]
    public async Task What_cannot_be_built_is_told_all_together()
    {
        await using var bed = await BuildBed.CreateAsync();
        await bed.ExecuteAsync(
            """
            CREATE INDEX other ON shop.products (price);
            CREATE TABLE shop.taken (id text, UNIQUE (id), name text);
            """);

        Assert.Equal(
            [
                "index other of shop.products: the table has another one of that name, CREATE INDEX other ON shop.products USING btree (price). Give the index another name, or drop that one.",
                "index taken of shop.products: the name is taken already, at shop.taken. Give the index another name.",
                "index products_tags_idx of shop.products: its condition cannot be used: column \"prise\" does not exist.",
                "foreign key products_vendor_fkey of shop.products: nothing makes (name) of shop.taken unique. Give the table a unique constraint, or refer to other columns.",
                "foreign key products_price_fkey of shop.products: there is no table shop.none. Make it first, or name a collection of the file.",
                "foreign key products_id_fkey of shop.products: table shop.taken has no column no; it has id, name.",
            ],
            await FindAsync(bed, BuildBed.File(
                """
                indexes: [{ columns: vendor, name: other }, { columns: vendor, name: taken }, { columns: tags, where: prise > 5 }],
                foreignKeys: [{ columns: vendor, references: shop.taken(name) }, { columns: price, references: shop.none(id) }, { columns: id, references: shop.taken(no) }]
                """)));
    }

    private static async Task<IReadOnlyList<string>> FindAsync(BuildBed bed, MigrationFile file)
    {
        await using var connection = await bed.Target.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        return await new BuildProblems(connection, file).FindAsync(Cancellation);
    }
}
