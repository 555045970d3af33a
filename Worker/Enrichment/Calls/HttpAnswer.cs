using System.Globalization;

namespace Migration.Worker.Enrichment.Calls;

/// <summary>What a try of a call came to.</summary>
/// <param name="Status">HTTP's; 0 when there was no answer.</param>
/// <param name="Body">Whole, within the limit of the call.</param>
/// <param name="Problem">Why there was no answer, or none that can be used, without a full stop; null when there was.</param>
/// <param name="RetryAfter">How long the host asks to be left alone.</param>
internal sealed record HttpAnswer(int Status, ReadOnlyMemory<byte> Body, string? Problem = null, TimeSpan? RetryAfter = null)
{
    // RFC 9110, 15.5.9, 15.6.1, 15.6.3 to 15.6.5; RFC 8470 for 425. 429 is apart: it says that the host works, and is asked too much.
    private static readonly int[] Transient = [408, 425, 500, 502, 503, 504];

    public bool IsSuccess => Problem is null && Status is >= 200 and < 300;

    /// <summary>The host has too much to do; it is left alone for a while, and the call made again as often as it takes.</summary>
    public bool IsBusy => Status == 429;

    /// <summary>Trying again may help: it was not reached, broke off, was too slow, or said a status of the list.</summary>
    public bool IsTransient => (Status == 0 && Problem is not null) || Transient.Contains(Status);

    /// <summary>Every call would be answered so: what is asked for is not allowed, or not there to be asked.</summary>
    public bool IsRefusal => Status is 401 or 403 or 405 or 407 or 415 or (>= 300 and < 400);

    public static HttpAnswer None(string problem) => new(0, default, problem);

    /// <summary>What it was, to follow a verb.</summary>
    public override string ToString() => Problem ?? string.Create(CultureInfo.InvariantCulture, $"status {Status}");
}
