using System.Diagnostics.Metrics;
using Migration.Worker.Probes;

namespace Migration.Worker.Tests.Probes;

public sealed class PrometheusTextTests : IDisposable
{
    private readonly Meter _meter = new(Instruments.MeterName);
    private readonly PrometheusText _text = new();

    [Fact]
    public void Counters_and_gauges_have_the_names_that_Prometheus_expects()
    {
        var counter = _meter.CreateCounter<long>("test.records.read", null, "Records read.");
        var seconds = _meter.CreateCounter<double>("test.stage", "s");
        var upDown = _meter.CreateUpDownCounter<int>("test.in_hand");
        _meter.CreateObservableGauge("test.size", () => 3L, "By");
        counter.Add(2, Tag("collection", "a"));
        counter.Add(3, Tag("collection", "a"));
        counter.Add(1, Tag("collection", "say \"b\"\\"));
        seconds.Add(0.25, Tag("stage", "read"));
        seconds.Add(0.5, Tag("stage", "read"));
        upDown.Add(2);
        upDown.Add(-1);

        var text = _text.Write();

        Assert.Contains(
            "# HELP test_records_read_total Records read.\n# TYPE test_records_read_total counter\n"
            + "test_records_read_total{collection=\"a\"} 5\ntest_records_read_total{collection=\"say \\\"b\\\"\\\\\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE test_stage_seconds_total counter\ntest_stage_seconds_total{stage=\"read\"} 0.75\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE test_in_hand gauge\ntest_in_hand 1\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE test_size_bytes gauge\ntest_size_bytes 3\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_observed_no_more_is_gone()
    {
        var values = new List<Measurement<long>> { new(1, Tag("state", "old")) };
        _meter.CreateObservableGauge("test.state", () => values.ToArray());
        Assert.Contains("test_state{state=\"old\"} 1\n", _text.Write(), StringComparison.Ordinal);

        values[0] = new Measurement<long>(1, Tag("state", "new"));

        var text = _text.Write();
        Assert.Contains("test_state{state=\"new\"} 1\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("state=\"old\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_process_and_the_runtime_are_there_and_every_line_can_be_read()
    {
        var text = _text.Write();

        Assert.Contains("\nprocess_cpu_seconds_total ", text, StringComparison.Ordinal);
        Assert.Contains("\nprocess_resident_memory_bytes ", text, StringComparison.Ordinal);
        Assert.Contains("dotnet_gc_collections_total", text, StringComparison.Ordinal);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.All(
            text.TrimEnd('\n').Split('\n'),
            line => Assert.Matches("""^(# (HELP|TYPE) [a-z_:][a-z0-9_:]* .*|[a-z_:][a-z0-9_:]*(\{.*\})? -?[0-9.E+-]+)$""", line));
        Assert.Equal(
            text.Split('\n').Count(line => line.StartsWith("# TYPE", StringComparison.Ordinal)),
            text.Split('\n').Where(line => line.StartsWith("# TYPE", StringComparison.Ordinal)).Distinct().Count());
    }

    public void Dispose()
    {
        _text.Dispose();
        _meter.Dispose();
    }

    private static KeyValuePair<string, object?> Tag(string key, string value) => new(key, value);
}
