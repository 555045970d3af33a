namespace Migration.Contracts.Migrations.Loading;

/// <summary>A node of the file with its place.</summary>
internal abstract record YamlNode(Place Place)
{
    /// <summary>What a message calls it.</summary>
    public abstract string Kind { get; }

    public virtual bool IsNull => false;

    /// <summary>The predicate of a sentence about it.</summary>
    public string Is => IsNull ? "has no value" : $"is {Kind}";
}

/// <param name="Raw">As written, placeholders not replaced.</param>
/// <param name="IsQuoted">True when it is a string whatever it looks like.</param>
internal sealed record YamlText(Place Place, string Raw, bool IsQuoted) : YamlNode(Place)
{
    public override string Kind => IsNull ? "no value" : "a single value";

    public override bool IsNull => !IsQuoted && Raw is "" or "~" or "null" or "Null" or "NULL";
}

internal sealed record YamlList(Place Place, IReadOnlyList<YamlNode> Items) : YamlNode(Place)
{
    public override string Kind => "a list";
}

/// <param name="Entries">In the order of the file; keys are unique.</param>
internal sealed record YamlMap(Place Place, IReadOnlyList<KeyValuePair<YamlText, YamlNode>> Entries) : YamlNode(Place)
{
    public override string Kind => "a map of keys";

    public YamlNode? Find(string key) => Entries.FirstOrDefault(e => e.Key.Raw == key).Value;
}
