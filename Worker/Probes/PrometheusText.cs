using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Migration.Worker.Probes;

/// <summary>
/// The program's instruments and the runtime's own in Prometheus' text format (version 0.0.4). It hears them by .NET's
/// <see cref="MeterListener"/>, so any other exporter may take its place: no instrument knows of it.
/// </summary>
/// <remarks>
/// Names follow Prometheus' conventions: <c>migration.records.read</c> becomes <c>migration_records_read_total</c>, with
/// the unit as it is spelled there. A histogram is given as its count and its sum; no instrument of this program is one.
/// </remarks>
internal sealed class PrometheusText : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private static readonly string[] Meters = [Instruments.MeterName, "System.Runtime"];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, Family> _families = new(StringComparer.Ordinal);
    private readonly Lock _collecting = new();

    public PrometheusText()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (Meters.Contains(instrument.Meter.Name))
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(Name(instrument), name => new Family(name, instrument)));
        };
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => Note(family, value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => Note(family, value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => Note(family, value, tags));
        _listener.Start();
    }

    public string Write()
    {
        var text = new StringBuilder();
        lock (_collecting)
        {
            foreach (var family in _families.Values)
                family.BeginLook();
            _listener.RecordObservableInstruments();
            foreach (var family in _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal))
                family.Write(text);
        }

        ProcessFigures.Write(text);
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private static void Note(object? family, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        => ((Family)family!).Note(value, tags);

    private static string Name(Instrument instrument)
    {
        var name = new StringBuilder(instrument.Name).Replace('.', '_').Replace('-', '_');
        name.Append(instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" });
        return Kind(instrument) == "counter" ? name.Append("_total").ToString() : name.ToString();
    }

    private static string Kind(Instrument instrument)
    {
        var type = instrument.GetType();
        var kind = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        return kind == typeof(Counter<>) || kind == typeof(ObservableCounter<>) ? "counter"
            : kind == typeof(Histogram<>) ? "summary" : "gauge";
    }

    /// <summary>All series of one name.</summary>
    private sealed class Family(string name, Instrument instrument)
    {
        private readonly string _kind = Kind(instrument);
        private readonly bool _adds = !instrument.IsObservable && !instrument.GetType().Name.StartsWith("Gauge", StringComparison.Ordinal);
        private readonly Dictionary<string, (double Sum, long Count)> _series = new(StringComparer.Ordinal);
        private readonly Lock _lock = new();

        public string Name => name;

        /// <summary>What is observed is what there is now: a series that is not told of again is gone.</summary>
        public void BeginLook()
        {
            if (!instrument.IsObservable)
                return;
            lock (_lock)
                _series.Clear();
        }

        public void Note(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var labels = Labels(tags);
            lock (_lock)
            {
                var (sum, count) = _series.GetValueOrDefault(labels);
                _series[labels] = (_adds || _kind == "summary" ? sum + value : value, count + 1);
            }
        }

        public void Write(StringBuilder text)
        {
            lock (_lock)
            {
                if (_series.Count == 0)
                    return;
                WriteHead(text, name, _kind, instrument.Description ?? "");
                foreach (var (labels, (sum, count)) in _series.OrderBy(series => series.Key, StringComparer.Ordinal))
                {
                    WriteSample(text, _kind == "summary" ? name + "_sum" : name, labels, sum);
                    if (_kind == "summary")
                        WriteSample(text, name + "_count", labels, count);
                }
            }
        }

        private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.IsEmpty)
                return "";
            var labels = new List<string>(tags.Length);
            foreach (var (key, value) in tags)
                labels.Add($"{key.Replace('.', '_')}=\"{Escaped(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")}\"");
            labels.Sort(StringComparer.Ordinal);
            return $"{{{string.Join(',', labels)}}}";
        }

        private static string Escaped(string value)
            => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
                .Replace("\n", "\\n", StringComparison.Ordinal);
    }

    internal static void WriteHead(StringBuilder text, string name, string kind, string help)
        => text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {kind}\n");

    internal static void WriteSample(StringBuilder text, string name, string labels, double value)
        => text.Append(name).Append(labels).Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
}
