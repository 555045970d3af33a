namespace Migration.Contracts.Migrations;

/// <summary>Reads the digits and marks of a text from left to right.</summary>
internal ref struct DigitReader(ReadOnlySpan<byte> text)
{
    private const int MostDigits = 18;
    private const int DigitsOfMicrosecond = 6;

    private ReadOnlySpan<byte> _rest = text;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public bool Take(byte mark)
    {
        if (_rest.IsEmpty || _rest[0] != mark)
        {
            return false;
        }

        _rest = _rest[1..];
        return true;
    }

    public void SkipBlanks() => _rest = _rest.TrimStart((byte)' ');

    /// <summary>A word of at most so many letters, which may be empty.</summary>
    public ReadOnlySpan<byte> Letters(int most)
    {
        var count = 0;
        while (count < Math.Min(most, _rest.Length) && char.IsAsciiLetter((char)_rest[count]))
        {
            count++;
        }

        var word = _rest[..count];
        _rest = _rest[count..];
        return word;
    }

    /// <summary>One to 18 digits; false, and nothing taken, without any.</summary>
    public bool TryNumber(out long number) => TryDigits(1, MostDigits, out number, out _);

    /// <summary>Two digits, as clocks show them, from 0 to <paramref name="highest"/>.</summary>
    public bool TryPair(int highest, out long number) => TryDigits(2, 2, out number, out _) && number <= highest;

    /// <summary>A point and one to six digits, or nothing: what is finer would be lost.</summary>
    public bool TryFraction(out long microseconds)
    {
        microseconds = 0;
        if (!Take((byte)'.'))
        {
            return true;
        }

        if (!TryDigits(1, DigitsOfMicrosecond, out microseconds, out var digits))
        {
            return false;
        }

        for (; digits < DigitsOfMicrosecond; digits++)
        {
            microseconds *= 10;
        }

        return true;
    }

    private bool TryDigits(int fewest, int most, out long number, out int digits)
    {
        (number, digits) = (0, 0);
        while (digits < _rest.Length && digits <= most && char.IsAsciiDigit((char)_rest[digits]))
        {
            number = number * 10 + (_rest[digits++] - '0');
        }

        if (digits < fewest || digits > most)
        {
            return false;
        }

        _rest = _rest[digits..];
        return true;
    }
}
