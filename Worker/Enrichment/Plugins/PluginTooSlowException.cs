namespace Migration.Worker.Enrichment.Plugins;

/// <summary>A call of a plugin did not end within its time; the message goes on from who was called.</summary>
internal sealed class PluginTooSlowException(TimeSpan limit)
    : Exception(FormattableString.Invariant($"took longer than {limit.TotalSeconds:0.###} seconds (timeoutSeconds)"));
