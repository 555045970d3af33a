using Migration.Benchmarks.Results;

namespace Migration.Benchmarks.Reports;

/// <summary>Something that the figures should show.</summary>
/// <param name="Title">What is held against what.</param>
/// <param name="Wanted">At least, or where <paramref name="IsMost"/>, at most.</param>
/// <param name="Measure">Null when it was not measured.</param>
internal sealed record Claim(string Title, double Wanted, bool IsMost, Func<BenchResult, Spread?> Measure)
{
    public static IReadOnlyList<Claim> All { get; } =
    [
        Rate("1 worker in one process against 1 psql stream", "in-process", "psql-1", 0.95),
        Rate("1 worker through RabbitMQ against 1 psql stream", "rabbitmq-1", "psql-1", 0.95),
        Rate("2 workers through RabbitMQ against 1 psql stream", "rabbitmq-2", "psql-1", 1.4),
        Rate("2 workers through RabbitMQ against 2 psql streams", "rabbitmq-2", "psql-2", 0.85),
        new("CPU of the worker for a row, µs (1 worker through RabbitMQ)", 3, true, result => Cpu(result.Find("rabbitmq-1"))),
        new("bytes allocated for a row (1 worker through RabbitMQ)", 100, true, result => result.Find("rabbitmq-1")?.Of(a => a.AllocatedBytesPerRow)),
        Rate("through RabbitMQ in slices of 1,000 against one process", "rabbitmq-1-of-1000", "in-process", 0.95),
        Rate("1 worker in one process against Python row by row", "in-process", "python", 30),
        Rate("1 worker in one process against Python with COPY", "in-process", "python-copy", 3),
        Rate("`onConflict: overwrite` against direct COPY", "overwrite", "in-process", 0.45),
        new("walking all keys of a dump, seconds for a million", 1, true, result => result.Find("walk")?.Of(a => 1e6 / a.Rate)),
        new("walking a server's keys against reading its index on `_id` once, time", 1.2, true,
            result => result.Find("server-walk")?.Against(result.Find("server-keys"), a => a.Seconds / a.Rows)),
        new("the most memory of a worker, MB (2 workers through RabbitMQ)", 200, true, result => result.Find("rabbitmq-2")?.Of(a => a.PeakBytes / 1e6)),
    ];

    private static Claim Rate(string title, string scenario, string other, double wanted) => new(
        title, wanted, false, result => result.Find(scenario)?.Against(result.Find(other), attempt => attempt.Rate));

    private static Spread? Cpu(ScenarioResult? scenario) => scenario?.Of(attempt => attempt.CpuSeconds / attempt.Rows * 1e6);
}
