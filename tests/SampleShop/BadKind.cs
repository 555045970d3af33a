namespace Migration.SampleShop;

/// <summary>
/// Why a product cannot be migrated into the columns that its fields call for. Every field but the named one is
/// good, so that a record fails for one cause only.
/// </summary>
public enum BadKind
{
    /// <summary><c>price</c> is Decimal128 1E+6111: numeric(18,2) cannot hold it.</summary>
    PriceTooLarge,

    /// <summary><c>name</c> holds U+0000: PostgreSQL's text cannot hold it.</summary>
    NameWithNul,

    /// <summary><c>name</c> is null: the column is NOT NULL.</summary>
    NameNull,

    /// <summary><c>stock</c> is the string 'many': the column is an integer.</summary>
    StockNotANumber,

    /// <summary><c>createdAt</c> is BSON's last date, in the year 292278994: timestamptz ends in 294276.</summary>
    CreatedAtOutOfRange,
}
