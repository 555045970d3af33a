namespace Migration.Contracts.Migrations;

/// <summary>An enum type of the target, as the migration file has it.</summary>
/// <param name="Name">Schema and name.</param>
/// <param name="Labels">In the order by which PostgreSQL compares them; at least one, each once.</param>
public sealed record EnumType(TableName Name, IReadOnlyList<string> Labels)
{
    // A list is equal to itself alone; types are compared by what they are.
    public bool Equals(EnumType? other) => other is not null && Name == other.Name && Labels.SequenceEqual(other.Labels);

    public override int GetHashCode() => HashCode.Combine(Name, Labels.Count);
}
