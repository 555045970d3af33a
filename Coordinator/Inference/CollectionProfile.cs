using Migration.Coordinator.Sampling;
using Migration.Worker;
using Migration.Worker.Mapping;
using Migration.Worker.Sources;
using Migration.Worker.Targets;

namespace Migration.Coordinator.Inference;

/// <summary>What a sample of a collection shows. Keeps counts and names, and no value.</summary>
internal sealed class CollectionProfile(string name) : IDisposable
{
    private readonly RowBuffer _scratch = new();

    public string Name { get; } = name;

    /// <summary>The documents' fields are its children.</summary>
    public FieldProfile Root { get; } = new("", 0);

    /// <summary>Readable documents that were looked at.</summary>
    public long Seen { get; private set; }

    /// <summary>Those among the sample that are no BSON document or not one line of JSON.</summary>
    public long Unreadable { get; private set; }

    /// <summary>Records of the collection, counted.</summary>
    public long Total { get; private set; }

    public FieldProfile? Key => Root.Children.FirstOrDefault(child => child.Name == "_id");

    /// <param name="wanted">Records to look at, about.</param>
    /// <param name="throttle">Spares the source.</param>
    /// <exception cref="SourceException">The source cannot be read.</exception>
    public static async Task<CollectionProfile> TakeAsync(
        string name, ICollectionSource source, int wanted, SourceThrottle throttle, ReadingProgress progress, CancellationToken cancellationToken)
    {
        var profile = new CollectionProfile(name);
        var sample = new SpreadSample(source, wanted, throttle, (keys, about) => progress.Walked(name, keys, about));
        await foreach (var page in sample.PagesAsync(cancellationToken))
        {
            using (page)
            {
                foreach (var record in page.Records)
                    profile.Add(record);
            }

            progress.Read(name, profile.Seen + profile.Unreadable, Math.Min(wanted, sample.Total));
        }

        profile.Total = sample.Total;
        return profile;
    }

    public void Add(SourceRecord record)
    {
        if (record.Error is not null || BsonSpanReader.Check(record.Document.Span) != BsonFault.None)
        {
            Unreadable++;
            return;
        }

        Seen++;
        Root.AddFields(record.Document.Span, _scratch);
    }

    public void Dispose() => _scratch.Dispose();
}
