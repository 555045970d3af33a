using System.CommandLine;
using System.Globalization;
using Migration.Worker.HandSlices;

namespace Migration.Worker.Commands;

/// <summary>
/// Which part of a collection: <c>--number</c> and <c>--size</c>, as the pods of a Job have them from their environment, or
/// <c>--offset</c> and <c>--limit</c>.
/// </summary>
internal static class WindowOptions
{
    /// <summary>Given to each of many Jobs.</summary>
    public const string JobNumber = "DB_MIGRATE_JOB_NUMBER";

    /// <summary>Given by Kubernetes to each pod of an Indexed Job.</summary>
    public const string CompletionIndex = "JOB_COMPLETION_INDEX";

    public const string BatchSize = "DB_MIGRATE_BATCH_SIZE";

    private static readonly Option<long?> Number = new("--number")
    {
        Description = $"The slice's number, from 0, in slices of --size records (default: ${JobNumber}, else ${CompletionIndex})",
    };

    private static readonly Option<long?> Size = new("--size") { Description = $"Records in a slice (default: ${BatchSize})" };
    private static readonly Option<long?> Offset = new("--offset") { Description = "In place of a number: records before the slice, in key order" };
    private static readonly Option<long?> Limit = new("--limit") { Description = "With --offset: records in the slice" };

    public static void AddTo(Command command)
    {
        foreach (var option in new Option[] { Number, Size, Offset, Limit })
            command.Options.Add(option);
    }

    /// <param name="environment">A variable's value, or null when it is not set.</param>
    /// <exception cref="UserException">It is not said which part, in two ways, or by a number that makes no sense.</exception>
    public static SliceWindow Read(ParseResult parsed, Func<string, string?> environment)
    {
        var (byNumber, byOffset) = (parsed.GetValue(Number) ?? parsed.GetValue(Size), parsed.GetValue(Offset) ?? parsed.GetValue(Limit));
        if (byNumber is not null && byOffset is not null)
            throw new UserException("Say --number and --size, or --offset and --limit, not both.");
        if (byOffset is not null)
        {
            return SliceWindow.OfOffset(
                parsed.GetValue(Offset) ?? throw new UserException("--limit is given without --offset."),
                parsed.GetValue(Limit) ?? throw new UserException("--offset is given without --limit."));
        }

        var (numberName, number) = Find(parsed.GetValue(Number), Number.Name, environment, JobNumber, CompletionIndex);
        var (sizeName, size) = Find(parsed.GetValue(Size), Size.Name, environment, BatchSize);
        return SliceWindow.OfNumber(numberName, number, sizeName, size);
    }

    private static (string Name, long Value) Find(long? given, string option, Func<string, string?> environment, params string[] variables)
    {
        if (given is { } value)
            return (option, value);
        foreach (var variable in variables)
        {
            if (environment(variable) is not { Length: > 0 } text)
                continue;
            return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                ? (variable, number)
                : throw new UserException($"{variable} is '{text}'; give a whole number.");
        }

        throw new UserException($"Say which slice: {option} is not given, nor {string.Join(" or ", variables)} set. --offset and --limit do as well.");
    }
}
