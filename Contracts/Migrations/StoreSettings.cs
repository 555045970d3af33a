namespace Migration.Contracts.Migrations;

/// <summary>Where contents are stored: a folder, or a bucket of a store that speaks S3's protocol.</summary>
public sealed record StoreSettings
{
    /// <summary>A folder that every worker sees under this absolute path; null for a bucket.</summary>
    public string? Folder { get; init; }

    /// <summary>Null for a folder.</summary>
    public string? Bucket { get; init; }

    /// <summary>Stands before each key in the bucket; empty for none.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>http or https, of a store that is not AWS's own; null for that.</summary>
    public string? Endpoint { get; init; }

    public string Region { get; init; } = "us-east-1";

    /// <summary>Placeholders kept as they are written, as in <see cref="HttpStep.Headers"/>; null for what AWS's SDK finds by itself.</summary>
    public string? AccessKey { get; init; }

    /// <inheritdoc cref="AccessKey"/>
    public string? SecretKey { get; init; }

    internal StoreSettings WithoutSecrets() => this with { AccessKey = null, SecretKey = null };
}
