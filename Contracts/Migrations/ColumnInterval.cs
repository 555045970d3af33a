using System.Globalization;
using System.Text;

namespace Migration.Contracts.Migrations;

/// <summary>
/// An interval as PostgreSQL keeps it: months, days and microseconds stay apart, for a month has no fixed number of days
/// and a day none of hours.
/// </summary>
public readonly record struct ColumnInterval(int Months, int Days, long Microseconds)
{
    private const long Second = 1_000_000;
    private const long Minute = 60 * Second;
    private const long Hour = 60 * Minute;

    // PostgreSQL 17 takes these for the infinities (src/include/datatype/timestamp.h).
    private static readonly ColumnInterval Infinity = new(int.MaxValue, int.MaxValue, long.MaxValue);
    private static readonly ColumnInterval NegativeInfinity = new(int.MinValue, int.MinValue, long.MinValue);

    /// <summary>
    /// ISO 8601's <c>P1Y2M3DT4H5M6.789S</c>, or PostgreSQL's <c>1 year 2 mons 3 days 04:05:06.789</c>. Every part has a sign
    /// of its own. Each unit at most once, from the largest down; only seconds have a fraction, of six digits at most.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out ColumnInterval interval)
    {
        var sum = new Sum();
        var reader = new DigitReader(utf8);
        var isRead = reader.Take((byte)'P') ? TryIso(ref reader, ref sum) : TryWords(ref reader, ref sum);
        return sum.TryTotal(out interval) && isRead && reader.IsAtEnd;
    }

    /// <summary>In ISO 8601's form.</summary>
    public override string ToString()
    {
        var (hours, rest) = Math.DivRem(Microseconds, Hour);
        var (minutes, seconds) = Math.DivRem(rest, Minute);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"P{Months / 12}Y{Months % 12}M{Days}DT{hours}H{minutes}M{(decimal)seconds / Second:0.######}S");
    }

    private static bool TryIso(ref DigitReader reader, ref Sum sum)
    {
        var isTime = false;
        while (!reader.IsAtEnd)
        {
            if (!isTime && reader.Take((byte)'T'))
            {
                isTime = true;
            }

            if (!TryAmount(ref reader, out var amount, out var fraction)
                || !sum.Add(UnitOfLetter(reader.Letters(1), isTime), amount, fraction))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryWords(ref DigitReader reader, ref Sum sum)
    {
        while (!reader.IsAtEnd)
        {
            var isNegative = TakeSign(ref reader);
            if (!reader.TryNumber(out var number))
            {
                return false;
            }

            var copy = reader;
            if (ColumnTime.TryMinutes(ref copy, out var rest))
            {
                reader = copy;
                return sum.AddClock(number, rest, isNegative);
            }

            if (!reader.TryFraction(out var fraction))
            {
                return false;
            }

            reader.SkipBlanks();
            if (!sum.Add(UnitOfWord(reader.Letters(LongestWord)), isNegative ? -number : number, isNegative ? -fraction : fraction))
            {
                return false;
            }

            reader.SkipBlanks();
        }

        return true;
    }

    private static bool TryAmount(ref DigitReader reader, out long amount, out long fraction)
    {
        fraction = 0;
        var isNegative = TakeSign(ref reader);
        if (!reader.TryNumber(out amount) || !reader.TryFraction(out fraction))
        {
            return false;
        }

        (amount, fraction) = isNegative ? (-amount, -fraction) : (amount, fraction);
        return true;
    }

    private static bool TakeSign(ref DigitReader reader)
    {
        if (reader.Take((byte)'-'))
        {
            return true;
        }

        _ = reader.Take((byte)'+');
        return false;
    }

    private static Unit UnitOfLetter(ReadOnlySpan<byte> letters, bool isTime) => letters switch
    {
        [(byte)'Y'] when !isTime => Unit.Year,
        [(byte)'M'] => isTime ? Unit.Minute : Unit.Month,
        [(byte)'W'] when !isTime => Unit.Week,
        [(byte)'D'] when !isTime => Unit.Day,
        [(byte)'H'] when isTime => Unit.Hour,
        [(byte)'S'] when isTime => Unit.Second,
        _ => Unit.None,
    };

    private static Unit UnitOfWord(ReadOnlySpan<byte> word)
    {
        var one = word.EndsWith("s"u8) ? word[..^1] : word;
        foreach (var (name, unit) in Words)
        {
            if (Ascii.Equals(one, name))
            {
                return unit;
            }
        }

        return Unit.None;
    }

    private const int LongestWord = 8;

    private static readonly (string Name, Unit Unit)[] Words =
    [
        ("year", Unit.Year), ("mon", Unit.Month), ("month", Unit.Month), ("week", Unit.Week), ("day", Unit.Day), ("hour", Unit.Hour),
        ("min", Unit.Minute), ("minute", Unit.Minute), ("sec", Unit.Second), ("second", Unit.Second),
    ];

    private enum Unit
    {
        None,
        Year,
        Month,
        Week,
        Day,
        Hour,
        Minute,
        Second,
    }

    /// <summary>Wider than what it sums up: an amount has at most 18 digits.</summary>
    private struct Sum
    {
        private Int128 _months;
        private Int128 _days;
        private Int128 _microseconds;
        private Unit _last;

        public bool Add(Unit unit, long amount, long fraction)
        {
            if (unit <= _last || (fraction != 0 && unit != Unit.Second))
            {
                return false;
            }

            _last = unit;
            switch (unit)
            {
                case Unit.Year: _months += (Int128)amount * 12; break;
                case Unit.Month: _months += amount; break;
                case Unit.Week: _days += (Int128)amount * 7; break;
                case Unit.Day: _days += amount; break;
                case Unit.Hour: _microseconds += (Int128)amount * Hour; break;
                case Unit.Minute: _microseconds += (Int128)amount * Minute; break;
                default: _microseconds += (Int128)amount * Second + fraction; break;
            }

            return true;
        }

        public bool AddClock(long hours, long rest, bool isNegative)
        {
            var clock = (Int128)hours * Hour + rest;
            _microseconds += isNegative ? -clock : clock;
            var isFirst = _last < Unit.Hour;
            _last = Unit.Second;
            return isFirst;
        }

        public readonly bool TryTotal(out ColumnInterval interval)
        {
            interval = default;
            var fits = _months == (int)_months && _days == (int)_days && _microseconds == (long)_microseconds;
            if (_last == Unit.None || !fits)
            {
                return false;
            }

            interval = new ColumnInterval((int)_months, (int)_days, (long)_microseconds);
            return interval != Infinity && interval != NegativeInfinity;
        }
    }
}
