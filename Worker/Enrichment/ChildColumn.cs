using Migration.Contracts.Migrations;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;

namespace Migration.Worker.Enrichment;

/// <summary>A column of a child's table that steps give values to.</summary>
/// <param name="Table">The table's place among those of the collection's children.</param>
/// <param name="Place">The column's place in a row.</param>
internal sealed record ChildColumn(int Table, int Place, ColumnStep Step)
{
    /// <param name="name">As <see cref="ChildTable.NameOf"/> has it; the loader knows that there is such a column.</param>
    public static ChildColumn Of(CollectionMapping collection, string name)
    {
        var found = from table in ChildTable.Of(collection).Index()
                    from column in TargetColumn.Of(table.Item.Mapping).Index()
                    where ChildTable.NameOf(table.Item.Mapping, column.Item.Name) == name
                    select new ChildColumn(table.Index, column.Index, new ColumnStep(column.Item with { Name = name }, null, isKey: false));
        return found.First();
    }
}
