namespace Migration.Contracts.Migrations;

/// <summary>What becomes of a value that a column cannot hold. All but the first two change the value into one that fits.</summary>
public enum UnfitChoice
{
    /// <summary>The record goes to quarantine.</summary>
    Reject,

    /// <summary>NULL stands for the value; in an array for the element.</summary>
    Null,

    /// <summary>The nearest number that the column holds, halves away from zero.</summary>
    Round,

    /// <summary>What is beyond the column's length, its scale or its day is cut off.</summary>
    Truncate,

    /// <summary>U+FFFD stands for every zero character and for bytes that are no UTF-8.</summary>
    Replace,

    /// <summary>The least or the greatest value that the column holds.</summary>
    Clamp,

    /// <summary>Of a key that appears more than once in an object, the last stays.</summary>
    Last,
}
