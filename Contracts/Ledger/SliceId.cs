namespace Migration.Contracts.Ledger;

/// <summary>Names a slice in the ledger.</summary>
public readonly record struct SliceId(Guid RunId, string Collection, int Number)
{
    public override string ToString() => $"{Collection}, slice {Number}";
}
