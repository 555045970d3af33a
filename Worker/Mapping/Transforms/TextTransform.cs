using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Migration.Contracts.Migrations;
using Migration.Worker.Mapping.Conversions;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Transforms;

/// <summary>From text to text; other scalars come as their exact text.</summary>
internal class TextTransform(string name, Func<string, string> change) : ValueTransform(name)
{
    /// <summary>The first characters (code points), as varchar counts them.</summary>
    public static string Truncate(string text, int length)
    {
        if (text.Length <= length) return text;
        var (end, count) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            if (count++ == length) break;
            end += rune.Utf16SequenceLength;
        }

        return text[..end];
    }

    protected override Refusal? ApplyToOne(ColumnValue value, out ColumnValue result)
    {
        var refusal = value.ReadText(out var text);
        if (refusal is null) refusal = Change(text, out result);
        else result = value;
        return refusal;
    }

    protected virtual Refusal? Change(string text, out ColumnValue result)
    {
        result = ColumnValue.OfText(change(text));
        return null;
    }
}

/// <summary>SHA-256 of a text's UTF-8 or of a binary's bytes, in lower-case hexadecimal.</summary>
internal sealed class HashTransform() : TextTransform("hash", text => Hex(Encoding.UTF8.GetBytes(text)))
{
    private const int BinaryHeader = sizeof(int) + 1;

    protected override Refusal? ApplyToOne(ColumnValue value, out ColumnValue result)
    {
        if (value.Type != BsonType.Binary) return base.ApplyToOne(value, out result);
        result = ColumnValue.OfText(Hex(value.Bytes.AsSpan(BinaryHeader)));
        return null;
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}

/// <summary>
/// Letters and digits in lower case, all else as single hyphens between them. Accents stay: whether .NET can take them
/// off depends on the machine's libraries, and two workers must not make two slugs of one text.
/// </summary>
internal sealed class SlugTransform() : TextTransform("slug", Slug)
{
    private static readonly Refusal Nothing =
        new(SqlStates.InvalidText, "finds no letter or digit in it", Advice.ChangeTransform);

    protected override Refusal? Change(string text, out ColumnValue result)
    {
        var slug = Slug(text);
        result = ColumnValue.OfText(slug);
        return slug.Length == 0 ? Nothing : null;
    }

    private static string Slug(string text)
    {
        var slug = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark) slug.Append(Rune.ToLowerInvariant(rune));
            else if (slug.Length > 0 && slug[^1] != '-') slug.Append('-');
        }

        return slug.ToString().TrimEnd('-');
    }
}

/// <summary>The value that stands for a text; one that is not listed is refused, unless there is an else.</summary>
internal sealed class MapTransform(ColumnTransform transform) : TextTransform("map", text => text)
{
    private static readonly Refusal NotListed =
        new(SqlStates.InvalidText, "does not list it and has no 'else'", Advice.ChangeTransform);

    protected override Refusal? Change(string text, out ColumnValue result)
    {
        var isListed = transform.Values!.TryGetValue(text, out var value);
        var found = isListed ? value : transform.Else;
        result = found is null ? ColumnValue.Null : ColumnValue.OfText(found);
        return isListed || transform.HasElse ? null : NotListed;
    }
}

/// <summary>A text as the array of its parts; an empty text has none.</summary>
internal sealed class SplitTransform(string separator) : TextTransform("split", text => text)
{
    protected override Refusal? Change(string text, out ColumnValue result)
    {
        result = ColumnValue.OfArray(text.Length == 0 ? [] : text.Split(separator).Select(ColumnValue.OfText));
        return null;
    }
}

/// <summary>Replaces every match.</summary>
internal sealed class RegexTransform(Regex regex, string replacement) : TextTransform("regex", text => text)
{
    private static readonly Refusal HalfCharacter =
        new(SqlStates.BadCharacter, "leaves half a character of it, which is none", Advice.ChangeTransform);

    private readonly Refusal _tooSlow = new(
        SqlStates.LimitExceeded,
        string.Create(CultureInfo.InvariantCulture, $"did not come to an end within {regex.MatchTimeout.TotalSeconds} seconds"), Advice.ChangeTransform);

    protected override Refusal? Change(string text, out ColumnValue result)
    {
        result = ColumnValue.Null;
        try
        {
            var replaced = regex.Replace(text, replacement);
            // To .NET a character beyond U+FFFF is two, and a pattern such as ^. takes the first alone.
            if (!IsWellFormed(replaced)) return HalfCharacter;
            result = ColumnValue.OfText(replaced);
            return null;
        }
        catch (RegexMatchTimeoutException)
        {
            return _tooSlow;
        }
    }

    private static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out _, out var taken) != OperationStatus.Done) return false;
            text = text[taken..];
        }

        return true;
    }
}
