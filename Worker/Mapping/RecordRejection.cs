namespace Migration.Worker.Mapping;

/// <summary>Why a record cannot become a row; it goes to quarantine with this.</summary>
/// <param name="Stage">Where it failed.</param>
/// <param name="Column">The column at fault, where one is.</param>
/// <param name="SqlState">PostgreSQL's code for it: the one it sent, or the one it would send for a value that the mapper refused; null where none fits.</param>
/// <param name="Message">What was found and which knob to turn, without the record's position (the caller knows that).</param>
/// <param name="Exception">The type of what was thrown, where no SQLSTATE says it.</param>
public sealed record RecordRejection(RecordStage Stage, string? Column, string? SqlState, string Message, string? Exception = null);

/// <summary>The steps of a record's journey, as they are named in quarantine.</summary>
public enum RecordStage
{
    Read,
    Map,
    Enrich,
    Write,
}
