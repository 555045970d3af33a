using Migration.Worker.Mapping.Conversions;
using Migration.Worker.Mapping.Unfit;
using Migration.Worker.Targets;

namespace Migration.Worker.Mapping;

/// <summary>One column of the plan: which field it takes and how the value is written.</summary>
/// <param name="column">The column as the target has it.</param>
/// <param name="field">The field, or null for the column that keeps unmapped fields and for one that enrichment fills.</param>
/// <param name="isKey">True when the column is in the primary key.</param>
/// <param name="computed">What is done to the value before it is written; null for the way from bytes to bytes.</param>
internal sealed class ColumnStep(TargetColumn column, FieldNode? field, bool isKey, ComputedValue? computed = null)
{
    public ComputedValue? Computed { get; } = computed;

    /// <summary>The field below <paramref name="parent"/> that the column takes a value from, or null.</summary>
    public FieldNode? SourceBelow(FieldNode parent)
    {
        IEnumerable<FieldNode> sources = Field is null ? Computed?.Parts ?? [] : [Field];
        return sources.FirstOrDefault(source => source.IsBelow(parent));
    }

    /// <summary>What messages call the value before anything is done to it.</summary>
    public string SourceName { get; } = field is not null
        ? $"field '{field.Path}'"
        : $"the concatenation of {string.Join(", ", (computed?.Parts ?? []).Select(part => $"'{part.Path}'"))}";

    /// <summary>What may stand for a value that the column refuses; null to refuse the record.</summary>
    public UnfitValue? Unfit { get; init; }

    /// <summary>Reads a DBRef in the field; null where the column takes none.</summary>
    public ReferencedId? References { get; init; }

    public TargetColumn Column { get; } = column;

    public FieldNode? Field { get; } = field;

    public bool IsKey { get; } = isKey;

    public ColumnConversion Conversion { get; } = ColumnConversion.For(column.Type);

    public string TypeName { get; } = column.Type.ToString();

    /// <summary>The knob, as a sentence.</summary>
    public string Advise(Advice advice) => advice switch
    {
        Advice.Widen => $"Widen column '{Column.Name}' in the migration file.",
        Advice.ChangeType =>
            $"Give column '{Column.Name}' another type in the migration file (jsonb takes every type), or mend the document.",
        Advice.MendText => "Mend the document, or leave the field out of the migration file.",
        Advice.KeepBytes => $"Give column '{Column.Name}' the type bytea in the migration file to keep the bytes as they are.",
        Advice.UseJson => $"Give column '{Column.Name}' the type json in the migration file, which keeps it, or mend the document.",
        Advice.UseInet => $"Give column '{Column.Name}' the type inet in the migration file, or mend the document.",
        Advice.AddLabel =>
            $"Add it under 'enums' in the migration file, let a transform of column '{Column.Name}' map it, or mend the document.",
        Advice.ChangeTransform => $"Change the transforms of column '{Column.Name}' in the migration file, or mend the document.",
        Advice.Mend => "Mend the document.",
        _ => throw new ArgumentOutOfRangeException(nameof(advice), advice, null),
    };
}
